"""Raw files of images, of every format: read, written, described and compared."""
