package run

import "fmt"

// SchemaError says that a stored item was written by a newer version of Salve.
type SchemaError struct {
	Item    string // its key in the table
	Version int
}

// Error names the item and both versions.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("%s has schema %d, this version of Salve knows up to %d: deploy the newer version",
		e.Item, e.Version, Schema)
}
