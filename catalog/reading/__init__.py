"""Values as catalogs write them, read one kind a file.

Pure: knows no database. These small parsers stand where a form would: a form for each of five thousand
rows takes longer than loading them, and half of what comes in is nested in a way that no form has. They
keep a form's promise: what comes out is clean, what cannot be read is refused in a sentence.
"""
