package s3_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestPublicAccess(t *testing.T) {
	starts := map[string]struct {
		seed    func(context.Context, *testing.T, aws.Config) string
		disturb playbooktest.Act
	}{
		"no block": {newBucket, openForPolicies},
		// A flag of a block has two values, so only its absence is neither of them.
		"half a block": {halfBlocked, removeBlock},
	}
	for _, c := range playbook.PublicAccess() {
		for name, start := range starts {
			t.Run(c.ID+"/"+name, func(t *testing.T) {
				playbooktest.Run(t, playbooktest.Suite{
					Control: c,
					Seed:    start.seed,
					Foreign: []string{
						"arn:aws:s3:::logs/key",
						"arn:aws:s3:us-east-1:222222222222:accesspoint/logs",
						"arn:aws:s3:::log*",
					},
					Observe:   observeAccess,
					Disturb:   start.disturb,
					Unrelated: suspendVersions,
					Delete:    deleteBucket,
				})
			})
		}
	}
}

// halfBlocked is a bucket whose block leaves one way open.
func halfBlocked(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	resource := newBucket(ctx, t, root)
	putBlock(ctx, t, root, resource, types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
		IgnorePublicAcls: aws.Bool(false), RestrictPublicBuckets: aws.Bool(false),
	})
	return resource
}

// openForPolicies is what somebody does whose public policy was rejected after the fix.
func openForPolicies(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	putBlock(ctx, t, root, resource, types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
		BlockPublicPolicy: aws.Bool(false), RestrictPublicBuckets: aws.Bool(false),
	})
}

func removeBlock(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	must(t)(rootClient(root).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{
		Bucket: bucketName(resource),
	}))
}

func putBlock(
	ctx context.Context, t *testing.T, root aws.Config, resource string, block types.PublicAccessBlockConfiguration,
) {
	t.Helper()
	must(t)(rootClient(root).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: bucketName(resource), PublicAccessBlockConfiguration: &block,
	}))
}

// seen is what another client sees of a bucket.
type seen struct {
	Block      map[string]bool // nil where the bucket has no block
	Versioning string
}

func observeAccess(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client := rootClient(root)
	versions, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucketName(resource)})
	if err != nil {
		t.Fatal(err)
	}
	state := seen{Versioning: string(versions.Status)}
	out, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucketName(resource)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NoSuchPublicAccessBlockConfiguration" {
		return state
	}
	if err != nil {
		t.Fatal(err)
	}
	block := out.PublicAccessBlockConfiguration
	state.Block = map[string]bool{
		"BlockPublicAcls": aws.ToBool(block.BlockPublicAcls), "IgnorePublicAcls": aws.ToBool(block.IgnorePublicAcls),
		"BlockPublicPolicy":     aws.ToBool(block.BlockPublicPolicy),
		"RestrictPublicBuckets": aws.ToBool(block.RestrictPublicBuckets),
	}
	return state
}

// A bucket that never had a block gets none back: four times false would be another state.
func TestUndoRemovesTheBlock(t *testing.T) {
	c := playbook.PublicAccess()[2]
	root := playbooktest.Root(t)
	resource := newBucket(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	want := `  ~ BlockPublicAcls: none → true
  ~ BlockPublicPolicy: none → true
  ~ IgnorePublicAcls: none → true
  ~ RestrictPublicBuckets: none → true
`
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, undo); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(seen{}), observeAccess(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-want +got):\n%s", d)
	}
}

// The account of a bucket cannot be read from its ARN, and a finding could claim another's bucket. The lab
// does not compare owners, so what AWS would answer comes from a middleware here.
func TestBucketOfAnotherAccount(t *testing.T) {
	const owner = "333333333333"
	c := playbook.PublicAccess()[2]
	resource := newBucket(t.Context(), t, playbooktest.Root(t))
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	if err != nil {
		t.Fatal(err)
	}
	env.Config.APIOptions = append(env.Config.APIOptions, ownedBy(owner))
	_, planned := c.Plan(t.Context(), env)
	for step, err := range map[string]error{
		"plan": planned, "apply": c.Apply(t.Context(), env, plan), "undo": c.Apply(t.Context(), env, undo),
	} {
		if fault.Of(err) != fault.Denied {
			t.Errorf("%s for a bucket of another account: want an error of class denied, got %v", step, err)
		}
	}
}

// ownedBy lets every bucket belong to the account: AWS refuses calls that expect another owner, and only those.
func ownedBy(account string) func(*middleware.Stack) error {
	return func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("OwnedBy", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
			expected := reflect.ValueOf(in.Parameters).Elem().FieldByName("ExpectedBucketOwner")
			if expected.IsNil() || expected.Elem().String() == account {
				return next.HandleInitialize(ctx, in)
			}
			return out, meta, &smithy.GenericAPIError{Code: "AccessDenied", Message: "Access Denied"}
		}), middleware.After)
	}
}
