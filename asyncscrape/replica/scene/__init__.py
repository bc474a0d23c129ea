"""One invented music scene, of which the copies of SoundCloud and Beatport tell the same story."""
