package assess

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Oneself are sessions of who asks: in the own account with the own credentials, which ReadOnly keeps from writing, in
// others through Members, where there are any.
type Oneself struct {
	Own     aws.Config
	Account string
	Members Sessions // nil: no role is named
}

// Open is the own configuration in the own account, and a session of Members elsewhere.
func (o Oneself) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	switch {
	case r.Target.Account == o.Account:
		return ReadOnly(o.Own), nil
	case o.Members == nil:
		return aws.Config{}, fault.New(fault.NotOnboarded, "name a role to enter it with: --access-role")
	}
	return o.Members.Open(ctx, r) //nolint:wrapcheck // it says itself what was tried
}
