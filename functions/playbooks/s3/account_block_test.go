package s3_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	endpoints "github.com/aws/smithy-go/endpoints"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// webAccount has no other buckets than those of this test.
const webAccount = "333333333333"

// accountClient is another client of the account's block.
func accountClient(root aws.Config) *s3control.Client {
	return s3control.NewFromConfig(root, func(o *s3control.Options) {
		o.EndpointResolverV2 = plainHost(*root.BaseEndpoint)
	})
}

// plainHost leaves the account out of the host, which the lab has no name for.
type plainHost string

func (h plainHost) ResolveEndpoint(_ context.Context, p s3control.EndpointParameters) (endpoints.Endpoint, error) {
	p.AccountId, p.Endpoint, p.RequiresAccountId = nil, aws.String(string(h)), aws.Bool(false)
	return s3control.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), p)
}

func blockAccount(flag bool) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		playbooktest.Got(accountClient(root).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
			AccountId: aws.String(webAccount), PublicAccessBlockConfiguration: &controltypes.PublicAccessBlockConfiguration{
				BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
				BlockPublicPolicy: &flag, RestrictPublicBuckets: &flag,
			},
		}))(t)
	}
}

// hidden is why what is asked of buckets is not missed.
const hidden = "what a bucket does not show is said, and keeps nobody from the fix: TestAccountBlockNamesBuckets"

func TestAccountBlock(t *testing.T) {
	unblocked := func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		playbooktest.Got(accountClient(root).DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{
			AccountId: aws.String(webAccount),
		}))(t)
	}
	for name, start := range map[string]struct{ before, disturb playbooktest.Act }{
		"no block": {unblocked, blockAccount(false)}, "half a block": {blockAccount(false), unblocked},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				Control: playbook.AccountBlock()[0], Account: webAccount,
				Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
					start.before(ctx, t, root, "")
					return "AWS::::Account:" + webAccount
				},
				Foreign: []string{arnPrefix + "logs", "AWS::::Account:" + webAccount + "/a"},
				Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
					out, err := accountClient(root).GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{
						AccountId: aws.String(webAccount),
					})
					if fault.Unset(err) {
						return nil
					}
					b := playbooktest.Got(out, err)(t).PublicAccessBlockConfiguration
					return []*bool{b.BlockPublicAcls, b.IgnorePublicAcls, b.BlockPublicPolicy, b.RestrictPublicBuckets}
				},
				Disturb: start.disturb,
				Skip: map[string]string{
					playbooktest.CaseUnrelated: "an account's block is all there is of it",
					playbooktest.CaseFacts:     "buckets are looked at as long as the block is to come: none is after the fix",
				},
				Unseen: map[string]string{
					"s3:GetBucketAcl": hidden, "s3:GetBucketPolicyStatus": hidden, "s3:GetBucketPublicAccessBlock": hidden,
				},
			})
		})
	}
}

// better: S3.1 names the buckets that rely on public access
func TestAccountBlockNamesBuckets(t *testing.T) {
	all := []types.Bucket{}
	for _, name := range []string{"web", "acl", "own", "hidden", "gone", "closed"} {
		all = append(all, types.Bucket{Name: &name, BucketRegion: aws.String("eu-west-1")})
	}
	for range 100 {
		all = append(all, types.Bucket{Name: aws.String("closed")})
	}
	everybody := types.Grant{
		Permission: types.PermissionRead,
		Grantee:    &types.Grantee{Type: "Group", URI: aws.String("http://acs.amazonaws.com/groups/global/AllUsers")},
	}
	code := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	standIn := playbooktest.Answers(&s3.ListBucketsOutput{Buckets: all})
	standIn["GetPublicAccessBlock"] = func(in any) (any, error) {
		bucket, ok := in.(*s3.GetPublicAccessBlockInput)
		switch {
		case !ok:
			return nil, code("NoSuchPublicAccessBlockConfiguration")
		case *bucket.Bucket == "own":
			yes := aws.Bool(true)
			return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				BlockPublicAcls: yes, IgnorePublicAcls: yes, BlockPublicPolicy: yes, RestrictPublicBuckets: yes,
			}}, nil
		case *bucket.Bucket == "gone":
			return nil, code("NoSuchBucket")
		case *bucket.Bucket == "hidden":
			return nil, code("AccessDenied")
		}
		return nil, code("NoSuchPublicAccessBlockConfiguration")
	}
	standIn["GetBucketPolicyStatus"] = func(in any) (any, error) {
		open := *in.(*s3.GetBucketPolicyStatusInput).Bucket == "web"
		return &s3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: &open}}, nil
	}
	standIn["GetBucketAcl"] = func(in any) (any, error) {
		if *in.(*s3.GetBucketAclInput).Bucket == "acl" {
			return &s3.GetBucketAclOutput{Grants: []types.Grant{everybody}}, nil
		}
		return &s3.GetBucketAclOutput{}, nil
	}
	c := playbook.AccountBlock()[0]
	env := playbooktest.Env(t, c, playbooktest.DefaultAccountID, playbooktest.Unplugged(), standIn)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	want := "6 more buckets were not looked at\n" +
		"buckets of which Salve cannot see whether they are public: hidden\n" +
		"buckets open to the public now, and closed then: web, acl\n" +
		"objects that are public by an ACL of their own do not show here"
	if got := strings.Join(plan.Mentions, "\n"); got != want {
		t.Errorf("the plan mentions:\n%s\nwant:\n%s", got, want)
	}
}

// All four settings of the account count, and a bucket's own do not.
func TestAccountBlockLine(t *testing.T) {
	shapes := map[string]playbooktest.Shape{}
	for i, name := range []string{"all", "without 1", "without 2", "without 3", "without 4", "unset"} {
		block := &controltypes.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(i != 1), IgnorePublicAcls: aws.Bool(i != 2),
			BlockPublicPolicy: aws.Bool(i != 3), RestrictPublicBuckets: aws.Bool(i != 4),
		}
		if name == "unset" {
			block.RestrictPublicBuckets = nil
		}
		answers := playbooktest.Answers(&s3.ListBucketsOutput{})
		answers["GetPublicAccessBlock"] = func(any) (any, error) {
			return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: block}, nil
		}
		shapes[name] = playbooktest.Shape{Answers: answers, Fails: i != 0}
	}
	playbooktest.Judged(t, playbook.AccountBlock()[0], playbooktest.DefaultAccountID, shapes)
}
