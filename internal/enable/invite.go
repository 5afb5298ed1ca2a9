package enable

import (
	"context"
	"fmt"
	"maps"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// Outsider is an account outside of the organization that shall be a member of the services that take such: Security
// Hub and GuardDuty. The access role has to be in it too.
type Outsider struct {
	Account string `yaml:"account"`
	Email   string `yaml:"email"` // of its root user: AWS compares
}

// invitation is how an account outside of the organization becomes a member: named, invited, and it accepts.
type invitation struct {
	list   func(ctx context.Context) (map[string]string, error) // account: state
	on     string                                               // the state of a member
	add    func(ctx context.Context, accounts []Account) (Refusals, error)
	invite func(ctx context.Context, accounts []string) (Refusals, error)
	accept func(ctx context.Context, account string) error // as the account itself
	price  string
}

// invite is the step for accounts outside; none where there are none.
func (e Env) invite(i invitation) []Step {
	if len(e.Wish.Outside) == 0 {
		return nil
	}
	want := "all " + plain.Count(len(e.Wish.Outside), "account")
	return []Step{{Name: "accounts outside", Want: want, Optional: true, Look: func(ctx context.Context) (Reading, error) {
		there, err := i.list(ctx)
		if err != nil {
			return Reading{}, err
		}
		var missing []Account
		for _, o := range e.Wish.Outside {
			if there[o.Account] != i.on {
				missing = append(missing, Account{ID: o.Account, Email: o.Email})
			}
		}
		return Reading{
			Right: len(missing) == 0, Price: i.price, Stays: "they leave by themselves: they are not of this organization",
			Is:  fmt.Sprintf("%d of %d members", len(e.Wish.Outside)-len(missing), len(e.Wish.Outside)),
			Set: func(ctx context.Context) error { return i.all(ctx, missing, there) },
		}, nil
	}}}
}

// all takes accounts in one by one, from where each of them stands.
func (i invitation) all(ctx context.Context, accounts []Account, there map[string]string) error {
	refused := Refusals{}
	for _, a := range accounts {
		if there[a.ID] == "" {
			some, err := i.add(ctx, []Account{a})
			if err != nil {
				return err
			}
			maps.Copy(refused, some)
		}
		if refused[a.ID] == "" {
			some, err := i.invite(ctx, []string{a.ID})
			if err != nil {
				return err
			}
			maps.Copy(refused, some)
		}
		if refused[a.ID] == "" {
			err := i.accept(ctx, a.ID)
			if fault.Expired(err) {
				return err
			}
			if err != nil {
				refused[a.ID] = said(err)
			}
		}
	}
	if len(refused) > 0 {
		return refused
	}
	return nil
}
