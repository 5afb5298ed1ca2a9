package finding

import "fmt"

// Malformed is a message that cannot be read. Sending it again would not help.
type Malformed struct {
	Field   string
	Problem string
	Err     error // of the parser, if it was the parser
}

// Error names the field and what is wrong with it, never its content.
func (m *Malformed) Error() string {
	if m.Err == nil {
		return fmt.Sprintf("malformed event: %s %s", m.Field, m.Problem)
	}
	return fmt.Sprintf("malformed event: %s %s: %v", m.Field, m.Problem, m.Err)
}

// Unwrap gives the parser's error.
func (m *Malformed) Unwrap() error { return m.Err }
