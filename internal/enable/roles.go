package enable

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Roles opens the own account as it is, and others by a role of one name in each, entered once for all Regions.
type Roles struct {
	Own       aws.Config
	Account   string // the own one
	Partition string
	Role      string          // its name
	Session   string          // what sessions are called
	Policy    string          // of sessions; "": they may what the role may
	Context   context.Context //nolint:containedctx // opening has none of its own, and must end with the request
	// Shut says of an account that does not let in what is to be done.
	Shut func(account string, err error) error

	mu   sync.Mutex
	seen map[string]*aws.CredentialsCache
}

// As implements Opener.
func (r *Roles) As(account, region string) (aws.Config, error) {
	cfg := r.Own.Copy()
	cfg.Region = region
	if account == r.Account {
		return cfg, nil
	}
	credentials := r.of(account)
	if _, err := credentials.Retrieve(r.Context); err != nil {
		return cfg, r.Shut(account, err)
	}
	cfg.Credentials = credentials
	return cfg, nil
}

// of are the credentials of an account, which are shared by its Regions.
func (r *Roles) of(account string) *aws.CredentialsCache {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[account] == nil {
		if r.seen == nil {
			r.seen = map[string]*aws.CredentialsCache{}
		}
		arn := "arn:" + r.Partition + ":iam::" + account + ":role/" + r.Role
		r.seen[account] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(r.Own), arn,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = r.Session
				if r.Policy != "" {
					o.Policy = &r.Policy
				}
			}))
	}
	return r.seen[account]
}
