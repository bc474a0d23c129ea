"""What a piece of audio holds: tempo, key, loudness, and the shape of its sound; for people, tables and models.

    build        many files, on all cores: `measure_files`
    workers      the processes that measure them, which a hostile file cannot take along
    measuring_program  such a process
    measured     what is told about a file: `Features`, or the reason why there are none; as columns: `flat`
    features     all of it for one file, in one pass over its samples
    decoding     a file to samples, with a reason where that cannot be
    said_length  what an MP3 or a WAV says of its length
    spectra      samples to spectra over time, the base of most of the rest
    onsets       where something begins
    tempo        the beats a minute, with other levels of the same beat
    key          the key, by the notes that are heard
    loudness     LUFS and loudness range, as broadcasters measure them
    timbre       the shape of the spectrum, drums beside tones, energy over time

Only numpy computes; miniaudio, which the extra `audio` brings, decodes.
"""
