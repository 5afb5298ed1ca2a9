package run

import (
	"errors"
	"fmt"
)

// MostUnread is how many of the items that cannot be read an error names.
const MostUnread = 5

// Unread is the error about items that cannot be read: however many there are, it has to fit into an audit line.
func Unread(errs []error) error {
	if more := len(errs) - MostUnread; more > 0 {
		errs = append(errs[:MostUnread:MostUnread], fmt.Errorf("and %d more cannot be read", more))
	}
	return errors.Join(errs...)
}
