-- Whether an address that somebody names could prove something in the file to be a private key; NULL where nobody has looked.
ALTER TABLE attachment ADD COLUMN unproven BOOLEAN;
-- Addresses that the file names: a JSON list, or NULL where it names none. Erased with the file.
ALTER TABLE attachment ADD COLUMN addresses TEXT;
