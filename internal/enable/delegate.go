package enable

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/fault"
)

// delegation is how a service is asked for its administrator and told, all from the management account.
type delegation struct {
	list    func(ctx context.Context) ([]string, error) // accounts; at most one, of services that allow one
	name    func(ctx context.Context) error
	dismiss func(ctx context.Context) error // nil where that cannot be, for the reason in stays
	stays   string
	held    holding // what of others depends on it; nil where nothing can
}

const (
	delegated    = "delegated administrator" // the name of the step
	noDelegation = "there is none"           // what stays where nobody is one
)

// delegate is the step that every service begins with.
func (e Env) delegate(d delegation) Step {
	return Step{Name: delegated, Want: e.Wish.Administrator, Look: func(ctx context.Context) (Reading, error) {
		there, err := d.list(ctx)
		if err != nil {
			return Reading{}, err
		}
		switch {
		case slices.Contains(there, e.Wish.Administrator):
			return Reading{Right: true, Is: e.Wish.Administrator, Back: d.dismiss, Stays: d.stays, Held: d.held}, nil
		case len(there) > 0:
			return Reading{}, anotherIs(there[0])
		}
		return Reading{Is: "none", Set: d.name, Stays: noDelegation}, nil
	}}
}

// anotherIs refuses to replace an administrator.
func anotherIs(account string) error {
	return fault.New(fault.Refused, "account %s is the delegated administrator already: name it as administrator, or "+
		"take the delegation from it first; Salve replaces nobody", account)
}
