"""What build phases are made of: the phase itself, templates, API objects and image names."""
