"""Pictures and sounds that the sites hand out: drawn and composed in code, small, and each made from its own key."""
