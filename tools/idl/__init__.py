"""The interface compiler: parser and generators. tools/idlc.py is the command."""
