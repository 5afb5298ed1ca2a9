package kind

import "github.com/salve-security/salve/internal/fault"

// Answered is what a call was made for. One that AWS leaves out is an error of fault.Invalid and no zero: whether a
// setting is off that nobody reported cannot be told, and undo would turn off what was on.
func Answered[T any](value *T, call, what string) (T, error) {
	if value == nil {
		var zero T
		return zero, fault.New(fault.Invalid, "%s answered without %s", call, what)
	}
	return *value, nil
}
