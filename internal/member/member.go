// Package member opens sessions in member accounts: one per run, with no more
// rights than the run's control needs on the run's resource.
package member

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

// sessionTime is the shortest STS allows; a run is over long before.
const sessionTime = 15 * time.Minute

// Opener opens sessions through the remediation role of each member account.
type Opener struct {
	Hub        aws.Config // the orchestrator's own credentials
	Role       string     // the role's name, the same in every member; that of identities is called after it
	Home       names.Home // how the role's name begins is part of it; its path is not
	ExternalID string     // empty inside an organisation
}

// Open assumes the member's remediation role with a session policy of just the
// request's actions. An error that fault classifies as not onboarded means that
// the role is not there or does not trust us; one it classifies as refused, that
// no session can be limited to the request.
func (o Opener) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	source := SourceIdentity(r.Source)
	if err := r.MayEnter(source); err != nil {
		return aws.Config{}, err
	}
	doc, err := policy.SessionOf(r)
	if err != nil {
		return aws.Config{}, fault.New(fault.Refused, "no session policy can be made for just this run: %w", err)
	}
	cfg, err := o.assume(ctx, r, doc, source)
	if source != "" && fault.Of(err) == fault.Denied {
		// A session of the caller that has a source identity already keeps it, and may name no other. AWS
		// carries it on by itself. Why the role is not to be had at all is said better without ours, too.
		cfg, err = o.assume(ctx, r, doc, "")
	}
	if err != nil {
		return aws.Config{}, fault.Opening(err)
	}
	return cfg, nil
}

// role is the name of the role that a request enters.
func (o Opener) role(r control.SessionRequest) string {
	if r.Role == control.RoleIdentity {
		return o.Role + names.IdentitySuffix
	}
	return o.Role
}

// assume opens the session with a source identity, or without one where it is empty.
func (o Opener) assume(ctx context.Context, r control.SessionRequest, doc, source string) (aws.Config, error) {
	arn := fmt.Sprintf("arn:%s:iam::%s:role%s", r.Target.Partition, r.Target.Account, o.Home.Below("/"+o.role(r)))
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(o.Hub), arn, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = r.RunID
		a.Policy = aws.String(doc)
		a.Duration = sessionTime
		if source != "" {
			a.SourceIdentity = aws.String(source)
		}
		if o.ExternalID != "" {
			a.ExternalID = aws.String(o.ExternalID)
		}
	})
	cfg := o.Hub.Copy()
	cfg.Region = r.Target.Region
	cfg.Credentials = aws.NewCredentialsCache(provider)
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, fmt.Errorf("assume %s: %w", arn, err)
	}
	return cfg, nil
}

// SourceIdentity makes a text fit for STS: 2 to 64 of its allowed characters,
// "" when nothing is left. Source: API reference of AssumeRole.
func SourceIdentity(who string) string {
	s := notAllowed.ReplaceAllString(who, "-")
	if len(s) > 64 {
		s = s[:64]
	}
	if len(s) < 2 {
		return ""
	}
	return s
}

var notAllowed = regexp.MustCompile(`[^\w+=,.@-]+`)
