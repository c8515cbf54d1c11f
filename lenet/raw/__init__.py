"""Raw files of images, .jf and image-text: read, written and described."""
