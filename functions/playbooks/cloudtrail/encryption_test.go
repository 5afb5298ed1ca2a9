package cloudtrail_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	own = `{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},` +
		`"Action":"kms:*","Resource":"*"}`
	trail = `{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},` +
		`"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{"StringLike":{"aws:SourceArn":"arn:aws:cloudtrail:*"}}}`
)

// letting is a key's policy with some statements.
func letting(statements ...string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
}

// unencrypted is a trail without a key, beside a key that it may use.
func unencrypted(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	resource, client, alias := newTrail(ctx, t, root), kms.NewFromConfig(root), aws.String("alias/cloudtrail-logs")
	playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name: &resource, KmsKeyId: aws.String(""),
	}))(t)
	_, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: alias})
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
		return resource
	}
	key := playbooktest.Got(client.CreateKey(ctx, &kms.CreateKeyInput{Policy: letting(own, trail)}))(t)
	in := &kms.CreateAliasInput{AliasName: alias, TargetKeyId: key.KeyMetadata.KeyId}
	playbooktest.Got(client.CreateAlias(ctx, in))(t)
	return resource
}

func TestEncryption(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Encryption()[0], Seed: unencrypted, Observe: observe,
		Foreign: []string{"arn:aws:cloudtrail:us-east-1:222222222222:trail/*", "logs"},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name:     &resource,
				KmsKeyId: aws.String("arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555"),
			}))(t)
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &resource, S3KeyPrefix: aws.String("elsewhere"),
			}))(t)
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(kms.NewFromConfig(root).DeleteAlias(ctx, &kms.DeleteAliasInput{
				AliasName: aws.String("alias/cloudtrail-logs"),
			}))(t)
		},
		Delete: deleteTrail,
	})
}

// A trail with any key passes. What would not work is found before the trail is touched, and at home alone.
//
// better: CloudTrail.2 looks whether the key lets CloudTrail in before it sets it
func TestLineOfEncryption(t *testing.T) {
	answers := func(key *string, home string, enabled bool, policy *string) playbooktest.StandIn {
		return playbooktest.Answers(
			&cloudtrail.GetTrailOutput{Trail: &types.Trail{KmsKeyId: key, HomeRegion: &home}},
			&kms.DescribeKeyOutput{KeyMetadata: &kmstypes.KeyMetadata{
				Arn: aws.String("arn:aws:kms:us-east-1:222222222222:key/1"), Enabled: enabled,
			}}, &kms.GetKeyPolicyOutput{Policy: policy})
	}
	here, there, some := "us-east-1", "eu-west-1", aws.String("arn:aws:kms:us-east-1:222222222222:key/2")
	none := answers(nil, here, true, nil)
	none["DescribeKey"] = func(any) (any, error) { return nil, &kmstypes.NotFoundException{} }
	kept := answers(some, here, true, nil)
	kept["DescribeKey"] = none["DescribeKey"]
	playbooktest.Judged(t, playbook.Encryption()[0], "arn:aws:cloudtrail:us-east-1:222222222222:trail/main",
		map[string]playbooktest.Shape{
			"no key":             {Answers: answers(nil, here, true, letting(own, trail)), Fails: true},
			"an empty key":       {Answers: answers(aws.String(""), here, true, letting(trail)), Fails: true},
			"another key":        {Answers: kept},
			"another, elsewhere": {Answers: answers(some, there, true, nil)},
			"no trail":           {Answers: playbooktest.Answers(&cloudtrail.GetTrailOutput{}), Class: fault.Invalid},
			"at home elsewhere": {
				Answers: answers(nil, there, true, letting(trail)), Class: fault.Refused, Words: []string{there},
			},
			"no such key":     {Answers: none, Class: fault.Refused, Words: []string{"make a KMS key"}},
			"key that is off": {Answers: answers(nil, here, false, letting(trail)), Class: fault.Refused},
			"key not for trails": {
				Answers: answers(nil, here, true, letting(own)), Class: fault.Refused, Words: []string{"could not write"},
			},
			"key of which nobody can tell": {Answers: answers(nil, here, true, aws.String("{")), Class: fault.Refused},
		})
}
