// Package lambda holds the playbooks for AWS Lambda.
package lambda

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// publicAccess holds the statements that let any account in, by what they are attached to ("function",
// "version 3", "alias live") and by their id.
type publicAccess struct {
	Public map[string]map[string]policydoc.Statement
	// Lent are the other statements that let a service of AWS in and do not say for whom it acts: the services, by
	// the same names. AWS does not count them as public.
	Lent map[string]map[string]string `salve:"fact"`
}

// functionARN accepts a function's ARN, also with a version or an alias behind it: a function is judged whole, and
// its name here is the ARN without them.
var functionARN = regexp.MustCompile(
	`^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9_$-]+)?$`)

// PublicAccess returns the control that is met by taking away permissions that are open to any account.
func PublicAccess() []control.Control {
	return []control.Control{control.Of[publicAccess]{
		Info: control.Info{
			ID: "Lambda.1",
			Effect: "Permissions for everybody, or for Amazon S3 on behalf of any account, are removed from the " +
				"function, its versions and aliases: callers that rely on them are cut off. Permissions for named " +
				"accounts and for other services stay, as do those limited to an account, an organization, a source " +
				"or a network by a fixed value.",
			Fails: control.Fails{
				When: "A policy of the function has a statement whose principal is empty or has a wildcard, with no " +
					"condition on fixed values (no wildcard, no variable) of a principal, account, organization, source " +
					"or network; or it lets Amazon S3 in without a condition on the source account. Other services " +
					"without a source do not count.",
				Rule: "lambda-function-public-access-prohibited",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: functionARN,
			Actions: []string{
				"lambda:GetPolicy", "lambda:ListAliases", "lambda:ListVersionsByFunction", "lambda:RemovePermission",
			},
			OneWay: map[string]string{
				"Public/*/*": "Salve may not grant access to code; add a permission with a source account instead",
			},
			Narrow: func(env control.Env) []string { return []string{env.Name, env.Name + ":*"} },
			Lock:   func(env control.Env) []string { return []string{env.Name} },
		},
		Read:     readPublicAccess,
		Want:     wantNoPublicAccess,
		Write:    writePublicAccess,
		Mentions: lentAccess,
	}.Control()}
}

func readPublicAccess(ctx context.Context, env control.Env) (publicAccess, error) {
	f := openFunction(env)
	parts, err := f.parts(ctx)
	if err != nil {
		return publicAccess{}, err
	}
	policies, err := f.policies(ctx, parts)
	if err != nil {
		return publicAccess{}, err
	}
	now := publicAccess{Public: map[string]map[string]policydoc.Statement{}, Lent: map[string]map[string]string{}}
	for i, p := range parts {
		open, lent := map[string]policydoc.Statement{}, map[string]string{}
		for _, s := range policies[i].statements {
			if !public(s) {
				if services := s.Services(); len(services) > 0 && !s.Sourced() {
					lent[s.Sid] = strings.Join(services, ", ")
				}
				continue
			}
			if s.Sid == "" {
				return publicAccess{}, fault.New(fault.Refused, "a public statement on the %s has no Sid, without which it "+
					"cannot be removed alone: give it one, or replace the policy", p.label)
			}
			open[s.Sid] = grant(s)
		}
		now.Public[p.label], now.Lent[p.label] = open, lent
	}
	return now, nil
}

// mentioned is how many statements a plan mentions by name.
const mentioned = 5

// lentAccess says which services may act on the function for any of their customers, as far as the policies say.
func lentAccess(now publicAccess) []string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(now.Lent)) {
		for _, sid := range slices.Sorted(maps.Keys(now.Lent[label])) {
			out = append(out, fmt.Sprintf("statement %q on the %s lets %s in, whoever it acts for. AWS does not count that "+
				"as public; a condition on the source account would keep others out", sid, label, now.Lent[label][sid]))
		}
	}
	if more := len(out) - mentioned; more > 0 {
		out = append(out[:mentioned], fmt.Sprintf("%d more like these", more))
	}
	return out
}

func wantNoPublicAccess(publicAccess, control.Env) (publicAccess, error) { return publicAccess{}, nil }

// writePublicAccess asks for the parts first: a function that is gone and one without a policy answer alike.
func writePublicAccess(ctx context.Context, env control.Env, from, to publicAccess) error {
	f := openFunction(env)
	parts, err := f.parts(ctx)
	if err != nil {
		return err
	}
	for _, p := range parts {
		for _, sid := range slices.Sorted(maps.Keys(to.Public[p.label])) {
			if _, there := from.Public[p.label][sid]; !there {
				return fault.New(fault.Refused, "statement %q of the %s was removed, and Salve may not grant access to code: "+
					"add it by hand", sid, p.label)
			}
		}
		for _, sid := range slices.Sorted(maps.Keys(from.Public[p.label])) {
			if _, stays := to.Public[p.label][sid]; stays {
				continue
			}
			if err := f.remove(ctx, p, sid); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes one statement away, unless somebody made it harmless since. The revision makes Lambda refuse
// when the policy changes in between.
func (f function) remove(ctx context.Context, p part, sid string) error {
	policy, err := f.policy(ctx, p)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(policy.statements, func(s policydoc.Statement) bool { return s.Sid == sid && public(s) }) {
		return nil
	}
	_, err = f.client.RemovePermission(ctx, &lambda.RemovePermissionInput{
		FunctionName: aws.String(f.arn), Qualifier: p.qualifier, StatementId: aws.String(sid), RevisionId: policy.revision,
	})
	return err
}

func public(s policydoc.Statement) bool { return policydoc.LambdaPublic().In(s) }

// grant is the statement without what its place in a plan says already: its id, its resource, and that it allows.
func grant(s policydoc.Statement) policydoc.Statement {
	s.Sid, s.Effect, s.Resource = "", "", nil
	return s
}
