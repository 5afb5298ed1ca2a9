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

// Only is what a call that asks by name answered with. None or several are an error of fault.Invalid: where a resource
// is gone, services that are asked so say that by an error of their own.
func Only[T any](all []T, call, what, name string) (T, error) {
	if len(all) != 1 {
		var zero T
		return zero, fault.New(fault.Invalid, "%s answered with %d %s of the name %s", call, len(all), what, name)
	}
	return all[0], nil
}
