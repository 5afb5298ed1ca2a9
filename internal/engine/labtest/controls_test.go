package labtest

import (
	"context"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
)

// registry is the fixed set of controls: Store.1 to Store.3 of
// internal/engine/enginetest, on the public access block of real buckets.
func registry(t *testing.T) control.Registry {
	t.Helper()
	var all []control.Control
	for _, id := range []string{"Store.1", "Store.2", "Store.3"} {
		declared := info(id, "PublicAccessBlock")
		declared.State = enginetest.StateBlock
		all = append(all, control.Of[guard]{Info: declared, Read: readGuard, Want: closed, Write: writeGuard}.Control())
	}
	return registryOf(t, all...)
}

func registryOf(t *testing.T, controls ...control.Control) control.Registry {
	t.Helper()
	r, err := control.NewRegistry(nil, controls...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// info is the declaration of a control of a setting of buckets.
func info(id, setting string) control.Info {
	return control.Info{
		ID: id, Title: "Title of " + id, Severity: control.SeverityHigh, Impact: control.ImpactNone,
		Effect: "Nobody notices.", Resources: []string{"AwsS3Bucket"},
		Fails:   control.Fails{When: "The setting is not as the control wants it.", Custom: true},
		Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z0-9-]+)$`),
		Actions: []string{"s3:GetBucket" + setting, "s3:PutBucket" + setting},
	}
}

// on is the client for the bucket of a run, its name, and whose it has to be.
func on(env control.Env) (client *s3.Client, name, owner *string) {
	return s3.NewFromConfig(env.Config, lab.PathStyle), &env.Name, aws.String(env.Target.Account)
}

// guard is a public access block, each flag nil where a bucket has none.
type guard struct{ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets *bool }

func readGuard(ctx context.Context, env control.Env) (guard, error) {
	client, name, owner := on(env)
	out, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name, ExpectedBucketOwner: owner})
	if fault.Unset(err) {
		return guard{}, nil
	}
	if err != nil {
		return guard{}, err
	}
	b := out.PublicAccessBlockConfiguration
	return guard{b.BlockPublicAcls, b.IgnorePublicAcls, b.BlockPublicPolicy, b.RestrictPublicBuckets}, nil
}

func closed(guard, control.Env) (guard, error) {
	yes := true
	return guard{&yes, &yes, &yes, &yes}, nil
}

func writeGuard(ctx context.Context, env control.Env, _, to guard) error {
	client, name, owner := on(env)
	if to == (guard{}) {
		_, err := client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{
			Bucket: name, ExpectedBucketOwner: owner,
		})
		return err
	}
	_, err := client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: name, ExpectedBucketOwner: owner, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: to.BlockPublicAcls, IgnorePublicAcls: to.IgnorePublicAcls,
			BlockPublicPolicy: to.BlockPublicPolicy, RestrictPublicBuckets: to.RestrictPublicBuckets,
		},
	})
	return err
}
