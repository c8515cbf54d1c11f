"""Pictures of characters: decode them, find the characters, cut them out, and frame them."""
