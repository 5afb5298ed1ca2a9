package lambda

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// function is the target of calls.
type function struct {
	client *lambda.Client
	arn    string // without version and alias
}

func openFunction(env control.Env) function {
	return function{client: lambda.NewFromConfig(env.Config), arn: env.Name}
}

// part is something of a function that has a policy of its own.
type part struct {
	label     string  // as plans show it
	qualifier *string // as calls take it; nil for the function itself
}

// maxQualifiers is how many versions and aliases a run looks at. Each takes a call, and AWS takes 15 GetPolicy
// calls a second of an account, its pipelines included: more would take longer than a run may.
const maxQualifiers = 200

// parts returns the function itself, its published versions and its aliases. A function that does not exist is
// found out here.
func (f function) parts(ctx context.Context) ([]part, error) {
	all := []part{{label: "function"}}
	versions := lambda.NewListVersionsByFunctionPaginator(f.client, &lambda.ListVersionsByFunctionInput{
		FunctionName: aws.String(f.arn),
	})
	for versions.HasMorePages() {
		page, err := versions.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			// The unpublished version has no policy but the function's.
			if aws.ToString(v.Version) != "$LATEST" {
				all = append(all, part{"version " + aws.ToString(v.Version), v.Version})
			}
		}
		if err := fewEnough(all); err != nil {
			return nil, err
		}
	}
	aliases := lambda.NewListAliasesPaginator(f.client, &lambda.ListAliasesInput{FunctionName: aws.String(f.arn)})
	for aliases.HasMorePages() {
		page, err := aliases.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Aliases {
			all = append(all, part{"alias " + aws.ToString(a.Name), a.Name})
		}
		if err := fewEnough(all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fewEnough is asked page by page: a function can have thousands of versions.
func fewEnough(all []part) error {
	if len(all)-1 <= maxQualifiers {
		return nil
	}
	return fault.New(fault.Refused, "the function has more than %d versions and aliases, each with a policy of its own, "+
		"and AWS limits GetPolicy to 15 a second: delete old versions, or remove public permissions by hand", maxQualifiers)
}

// policy is what one part of a function allows.
type policy struct {
	statements []policydoc.Statement
	revision   *string
}

// policy returns no statements for a part without a policy. The part must exist: AWS answers both with the same
// error.
func (f function) policy(ctx context.Context, p part) (policy, error) {
	out, err := f.client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String(f.arn), Qualifier: p.qualifier})
	if fault.Of(err) == fault.Gone {
		return policy{}, nil
	}
	if err != nil {
		return policy{}, err
	}
	document, err := policydoc.Read(aws.ToString(out.Policy))
	if err != nil {
		return policy{}, fmt.Errorf("policy of the %s: %w", p.label, err)
	}
	statements, err := document.Statements()
	if err != nil {
		return policy{}, fmt.Errorf("policy of the %s: %w", p.label, err)
	}
	own := f.arn
	if p.qualifier != nil {
		own += ":" + *p.qualifier
	}
	// Where a policy also lists what is attached to another part, that part will show it.
	return policy{revision: out.RevisionId, statements: slices.DeleteFunc(statements, func(s policydoc.Statement) bool {
		return len(s.Resource) > 0 && !slices.Contains(s.Resource, own)
	})}, nil
}
