package s3_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const arnPrefix = "arn:aws:s3:::"

// admin is somebody else: an administrator of the account.
func admin(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

func bucketName(resource string) *string { return aws.String(strings.TrimPrefix(resource, arnPrefix)) }

// newBucket makes an empty bucket and returns its ARN.
func newBucket(ctx context.Context, t *testing.T, root aws.Config) string {
	name := "suite-" + strings.ToLower(rand.Text())
	playbooktest.Got(admin(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}))(t)
	return arnPrefix + name
}

// deleteBucket removes an empty bucket.
func deleteBucket(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(admin(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucketName(resource)}))(t)
}

// suspendVersions changes a setting of the bucket that no access control is about.
func suspendVersions(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(admin(root).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  bucketName(resource),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	}))(t)
}

// seen is what another client sees of a bucket.
type seen struct {
	Block      []*bool // nil where the bucket has no block
	Policy     any     // with BUCKET for the bucket's ARN; nil where there is none
	Versioning types.BucketVersioningStatus
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	name, state := bucketName(resource), seen{}
	versions, err := admin(root).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	state.Versioning = playbooktest.Got(versions, err)(t).Status
	block, err := admin(root).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if !fault.Unset(err) {
		b := playbooktest.Got(block, err)(t).PublicAccessBlockConfiguration
		state.Block = []*bool{b.BlockPublicAcls, b.IgnorePublicAcls, b.BlockPublicPolicy, b.RestrictPublicBuckets}
	}
	policy, err := admin(root).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	if !fault.Unset(err) {
		text := strings.ReplaceAll(*playbooktest.Got(policy, err)(t).Policy, resource, "BUCKET")
		playbooktest.Done(t, json.Unmarshal([]byte(text), &state.Policy))
	}
	return state
}

func controls() []control.Control { return append(playbook.PublicAccess(), playbook.RequireTLS()...) }

// What people approve.
func TestPlans(t *testing.T) {
	for id, want := range map[string]string{
		"S3.8": `  ~ BlockPublicAcls: none → true
  ~ BlockPublicPolicy: none → true
  ~ IgnorePublicAcls: none → true
  ~ RestrictPublicBuckets: none → true
`,
		"S3.5": `  + SalveRequireTLS {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny",` +
			`"Principal":"*","Resource":["BUCKET","BUCKET/*"],"Sid":"SalveRequireTLS"}` + "\n",
	} {
		t.Run(id, func(t *testing.T) {
			c, resource := playbooktest.Pick(t, controls(), id), newBucket(t.Context(), t, playbooktest.Root(t))
			playbooktest.Planned(t, c, playbooktest.Env(t, c, resource), strings.ReplaceAll(want, "BUCKET", resource))
		})
	}
}

// The account of a bucket cannot be read from its ARN, and a finding could claim another's bucket. AWS refuses calls
// that expect another owner, and only those; the lab does not compare.
func TestBucketOfAnotherAccount(t *testing.T) {
	another := playbooktest.StandIn{}
	for _, operation := range []string{
		"GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock",
		"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "GetBucketAcl", "GetBucketPolicyStatus",
	} {
		another[operation] = func(in any) (any, error) {
			if aws.ToString(reflect.ValueOf(in).Elem().FieldByName("ExpectedBucketOwner").Interface().(*string)) == "" {
				t.Errorf("%s expects no owner", operation)
			}
			return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "Access Denied"}
		}
	}
	for _, c := range controls() {
		resource := newBucket(t.Context(), t, playbooktest.Root(t))
		if text := opened(c.ID); text != "" {
			putPolicy(t.Context(), t, playbooktest.Root(t), resource, text)
		}
		env := playbooktest.Env(t, c, resource)
		plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
		undo := playbooktest.Got(c.PlanUndo(t.Context(), env, playbooktest.Fix(t, c, env)))(t)
		another.AddTo(&env.Config)
		_, planned := c.Plan(t.Context(), env)
		for step, err := range map[string]error{
			"plan": planned, "apply": c.Apply(t.Context(), env, plan), "undo": c.Apply(t.Context(), env, undo),
		} {
			t.Run(c.ID+" "+step, func(t *testing.T) { playbooktest.Fails(t, err, fault.Denied) })
		}
	}
}
