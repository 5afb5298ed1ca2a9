package enable

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// enrolment is how a service is asked for its members and given more, all from the administrator.
type enrolment struct {
	list func(ctx context.Context) (map[string]string, error) // account: state
	on   string                                               // the state of one that is enrolled
	// pending are states in which AWS is at it; stuck says why asking again helps nothing in a state, "" where it may.
	pending []string
	stuck   func(state string) string
	// add enrols accounts, at most batch at a time. It returns those that were not taken, and why.
	add   func(ctx context.Context, accounts []Account) (Refusals, error)
	batch int
	price string
}

// enrol is the step that takes in the accounts that are in the organization already.
func (e Env) enrol(n enrolment) Step {
	var wanted []Account
	for _, a := range e.Organization.Accounts {
		if a.ID != e.Wish.Administrator {
			wanted = append(wanted, a)
		}
	}
	return Step{
		Name: "accounts",
		Want: "all " + plain.Count(len(wanted), "account"),
		Look: func(ctx context.Context) (Reading, error) {
			there, err := n.list(ctx)
			if err != nil {
				return Reading{}, err
			}
			missing := slices.DeleteFunc(slices.Clone(wanted), func(a Account) bool { return there[a.ID] == n.on })
			return Reading{
				Right: len(missing) == 0, Price: n.price,
				Is:    fmt.Sprintf("%d of %d enrolled", len(wanted)-len(missing), len(wanted)),
				Set:   func(ctx context.Context) error { return n.all(ctx, missing, there) },
				Stays: "accounts keep the service switched on, which is theirs to switch off",
			}, nil
		},
	}
}

// all enrols accounts batch by batch; a batch that a service does not take as a whole ends it.
func (n enrolment) all(ctx context.Context, accounts []Account, there map[string]string) error {
	refused := Refusals{}
	var asked []Account
	for _, a := range accounts {
		reason := ""
		if n.stuck != nil {
			reason = n.stuck(there[a.ID])
		}
		switch {
		case reason != "":
			refused[a.ID] = reason
		case !slices.Contains(n.pending, there[a.ID]):
			asked = append(asked, a)
		}
	}
	for batch := range slices.Chunk(asked, n.batch) {
		some, err := n.add(ctx, batch)
		if err != nil {
			return err
		}
		maps.Copy(refused, some)
	}
	if len(refused) > 0 {
		return refused
	}
	return nil
}

// one makes what is wrong with a single account its own: others may well be taken. What passes by itself is nobody's.
func one(account string, err error) (Refusals, error) {
	if err == nil || fault.Of(err) == fault.Retry {
		return nil, err
	}
	return Refusals{account: said(err)}, nil
}

// states are the members of a service as Accounts shows them.
func (e Env) states(there map[string]string, on func(account string) []string) []AccountState {
	var all []AccountState
	for _, a := range e.Organization.Accounts {
		s := AccountState{Account: a.ID, State: there[a.ID]}
		switch {
		case a.ID == e.Wish.Administrator:
			s.State = "administrator"
		case s.State == "":
			s.State = "not enrolled"
		}
		if s.State != "not enrolled" {
			s.On = on(a.ID)
		}
		all = append(all, s)
	}
	return all
}
