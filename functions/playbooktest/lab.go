package playbooktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
)

// Lab is the World that needs no account: a lab with a hub's role and the
// member stack in every member.
type Lab struct {
	lab    *lab.Lab
	opener member.Opener
	stands []string // the services that handlers stand in for
	made   sync.Map // what is deployed when it is needed, by its place: a function that does so once
}

// Start brings up a lab with everything a session needs. What a runbook runs as comes with the first session for it.
func Start(ctx context.Context) (*Lab, error) { return Serve(ctx, nil) }

// Serve is Start with stand-ins for services that the emulators lack, by signing name. Runbooks meet them too, which a
// StandIn is out of reach for; the lab asks for rights before it asks them. What one answers with 501 is not its.
func Serve(ctx context.Context, handlers map[string]http.Handler) (*Lab, error) {
	started, err := lab.Start(ctx, lab.Options{Handlers: handlers})
	if err != nil {
		return nil, err
	}
	l := &Lab{lab: started, stands: slices.Sorted(maps.Keys(handlers))}
	if err := l.deploy(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close stops the lab.
func (l *Lab) Close() error { return l.lab.Close() }

// Root is the root of an account in the lab's default Region.
func (l *Lab) Root(account string) aws.Config {
	cfg := l.lab.Config(account, l.lab.Region())
	cfg.RetryMaxAttempts = 1
	return cfg
}

// Advance puts the time of runbooks forward.
func (l *Lab) Advance(ctx context.Context, by time.Duration) error { return l.lab.Advance(ctx, by) }

// Break lets the next call of an operation fail with a code of AWS's, whoever makes it: a step of a runbook, for one.
func (l *Lab) Break(operation, code string) error {
	return l.lab.Inject(lab.Fault{Operation: operation, Error: code, Count: 1})
}

// Open opens the session of a run. The first one in an account waits for its stack.
func (l *Lab) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	if err := l.join(ctx, r.Target.Account); err != nil {
		return aws.Config{}, err
	}
	return l.opener.Open(ctx, r)
}

// deploy makes the orchestrator's role.
func (l *Lab) deploy(ctx context.Context) error {
	hub := l.Root(l.lab.Hub())
	err := addRole(ctx, hub, names.FunctionRole, l.lab.Hub(), `["sts:AssumeRole","sts:SetSourceIdentity"]`)
	if err != nil {
		return err
	}
	own := hub.Copy()
	own.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(hub), l.function()))
	l.opener = member.Opener{Hub: own, Role: names.MemberRole}
	return nil
}

// function is the orchestrator's role.
func (l *Lab) function() string { return "arn:aws:iam::" + l.lab.Hub() + ":role/" + names.FunctionRole }

// join deploys into an account what trusts the orchestrator.
func (l *Lab) join(ctx context.Context, account string) error {
	return l.once(account, func() error {
		ctx := context.WithoutCancel(ctx)
		_, err := l.lab.Deploy(ctx, lab.Stack{
			Name: "salve-member", Account: account, Region: l.lab.Region(), Template: remediationRole,
			Parameters:   map[string]string{"OrchestratorRoleArn": l.function(), "OrgId": l.lab.OrgID()},
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		})
		if err != nil {
			return err
		}
		// So that a denial can only come from the session policy or from the stack's own denials.
		for _, role := range []string{names.MemberRole, names.IdentityRole} {
			if err := allow(ctx, l.Root(account), role, `"*"`); err != nil {
				return err
			}
		}
		return nil
	})
}

// once does what a place needs, however many tests ask for it.
func (l *Lab) once(place string, do func() error) error {
	made, _ := l.made.LoadOrStore(place, sync.OnceValue(do))
	return made.(func() error)()
}

// addRole creates a role that the account's root may assume and that may do the actions.
func addRole(ctx context.Context, root aws.Config, role, account, actions string) error {
	_, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(role),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`),
	})
	if err != nil {
		return fmt.Errorf("create role %s: %w", role, err)
	}
	return allow(ctx, root, role, actions)
}

func allow(ctx context.Context, root aws.Config, role, actions string) error {
	_, err := iam.NewFromConfig(root).PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: aws.String(role), PolicyName: aws.String("suite"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + actions +
			`,"Resource":"*"}]}`),
	})
	if err != nil {
		return fmt.Errorf("allow role %s: %w", role, err)
	}
	return nil
}
