package things

// of mentions S3.8 too, but nothing here is a playbook.
func of(id string) []control.Control { return one(id, "S3.8") }
