"""The app behind ``mitosis.serve``: an image goes in, its page comes out."""
