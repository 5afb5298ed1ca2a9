package enginetest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policy"
)

// session is what a run may do in a member, carried where a real one has its credentials.
type session struct {
	world *World
	control.SessionRequest
}

// Retrieve refuses: a client of AWS has no business here.
func (*session) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("a session of tests has no credentials")
}

// sessions open sessions in the members of a world, as internal/member does.
type sessions struct{ w *World }

// Open answers as internal/member does, an account without the role included.
func (s sessions) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	if err := r.MayEnter(r.Source); err != nil {
		return aws.Config{}, err
	}
	if _, err := policy.SessionOf(r); err != nil {
		return aws.Config{}, fault.New(fault.Refused, "no session policy can be made for just this run: %w", err)
	}
	c := Call{Service: STS, Operation: "AssumeRole", Resource: r.Target.Account, Input: r}
	err := s.w.call(ctx, c, func() error {
		s.w.mu.Lock()
		defer s.w.mu.Unlock()
		if s.w.untrusted[r.Target.Account] {
			return denial("the hub", "sts:AssumeRole", r.Target.Account, "")
		}
		if kind := s.w.forbidden["sts:AssumeRole"]; kind != "" {
			return denial("the hub", "sts:AssumeRole", r.Target.Account, " with an explicit deny in a "+kind)
		}
		return nil
	})
	if err != nil {
		return aws.Config{}, fault.Opening(fmt.Errorf("assume salve-remediation in %s: %w", r.Target.Account, err))
	}
	return aws.Config{Region: r.Target.Region, Credentials: &session{world: s.w, SessionRequest: r}}, nil
}

// Distrust takes the role of Salve out of an account, as before it was onboarded.
func (w *World) Distrust(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.untrusted[account] = true
}

// Trust puts the role back.
func (w *World) Trust(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.untrusted, account)
}

// Forbid denies an action in all members by a kind of policy, such as "service control policy".
func (w *World) Forbid(action, policyKind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forbidden[action] = policyKind
}

// denied is the answer to an action that the session may not take on a resource
// of an account; nil where it may. The world must be locked.
func (s *session) denied(action, resource string, owner *resource) error {
	who := "assumed-role/salve-remediation/" + s.RunID
	narrowed := s.Narrow == nil || slices.ContainsFunc(s.Narrow, func(pattern string) bool {
		ok, err := path.Match(pattern, resource)
		return ok && err == nil
	})
	switch kind := s.world.forbidden[action]; {
	case kind != "":
		return denial(who, action, resource, " with an explicit deny in a "+kind)
	case !slices.Contains(s.Actions, action) || !narrowed:
		return denial(who, action, resource, " because no session policy allows the "+action+" action")
	case owner != nil && owner.account != s.Target.Account:
		return denial(who, action, resource, "")
	}
	return nil
}

// denial is how AWS words it.
func denial(who, action, resource, why string) error {
	return &smithy.GenericAPIError{
		Code:    "AccessDenied",
		Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s%s", who, action, resource, why),
	}
}
