package rollout

import (
	"context"
	"maps"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
)

const paramRole = "OrchestratorRoleArn"

// Members are member accounts that get a stack of their own each.
type Members struct {
	Hub        stack.State // of its stack, which the members follow
	Place      Place       // of the hub
	Bucket     Bucket
	Template   string
	Parameters map[string]string // that are given
	ExternalID string            // of the hub, if it has one: members ask for the same
	TakeOver   bool              // members of another hub become members of this one
	Accounts   []Account
}

// Account is a member and how its stacks are driven.
type Account struct {
	ID     string
	Driver func(ctx context.Context) (stack.Driver, error) // which may be denied
}

// Parts are the stacks of all members. One that fails keeps no other from it.
func (m Members) Parts() Parts {
	var all spread
	for _, a := range m.Accounts {
		part := func(d stack.Driver) Part {
			return one{driver: d, account: a.ID, name: m.Place.MemberStack(), wish: m.wish(a.ID)}
		}
		all = append(all, member{account: a.ID, stack: m.Place.MemberStack(), part: lazy{account: a, part: part}})
	}
	return Parts{all}
}

// lazy is a part in an account that has to be entered first.
type lazy struct {
	account Account
	part    func(stack.Driver) Part
}

// Plan enters the account and plans there.
func (l lazy) Plan(ctx context.Context) ([]Item, error) {
	d, err := l.account.Driver(ctx)
	if err != nil {
		return nil, err
	}
	return l.part(d).Plan(ctx)
}

// Carry enters the account and works there.
func (l lazy) Carry(ctx context.Context) ([]Item, error) {
	d, err := l.account.Driver(ctx)
	if err != nil {
		return nil, err
	}
	return l.part(d).Carry(ctx)
}

// wish is the stack of a member as it shall be.
func (m Members) wish(account string) func(context.Context, stack.State) (stack.Wish, error) {
	return func(ctx context.Context, s stack.State) (stack.Wish, error) {
		w := stack.Wish{
			Name: m.Place.MemberStack(), Template: m.Bucket.ofMembers(ctx, m.Template), Parameters: map[string]string{},
		}
		values, err := m.follow()
		if err != nil {
			return w, err
		}
		w.Parameters = values
		if err := ownMember(s); err != nil {
			return w, err
		}
		if other := s.Parameters[paramRole]; !hollow(s) && other != values[paramRole] && !m.TakeOver {
			return w, fault.New(fault.Refused, "it is a member of another hub, %s: say --take-over to make it one of this hub",
				other)
		}
		if account == m.Place.Account && !strings.HasPrefix(m.Bucket.Name, "salve-") {
			w.Parameters["CodeBucket"] = m.Bucket.Name // which no fix may open to others
		}
		maps.Copy(w.Parameters, m.Parameters)
		return w, nil
	}
}

// follow are the parameters that follow from the hub.
func (m Members) follow() (map[string]string, error) {
	role, org := m.Hub.Outputs[paramRole], m.Hub.Parameters[paramOrg]
	if role == "" {
		return nil, fault.New(fault.Refused, "the hub's stack is not there, or not whole: run salve deploy hub first")
	}
	values := map[string]string{paramRole: role, paramOrg: org, paramExternal: m.ExternalID}
	for _, name := range []string{paramPrefix, paramPath} {
		if value := m.Hub.Parameters[name]; value != "" {
			values[name] = value
		}
	}
	return values, nil
}
