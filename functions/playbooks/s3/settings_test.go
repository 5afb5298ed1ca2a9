package s3_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// settings are the controls about one setting of a bucket.
func settings() []control.Control {
	return slices.Concat(playbook.Lifecycle(), playbook.ObjectLock(), playbook.KMSEncryption(), playbook.Notifications())
}

const oneSwitch = "it is on or off, and both are ours"

// The lab forgets that EventBridge is told where nobody else is.
func TestSettings(t *testing.T) {
	bridged := map[string]bool{}
	world := playbooktest.Amended(playbooktest.World(t), func(in, out any) {
		switch call := in.(type) {
		case *s3.PutBucketNotificationConfigurationInput:
			bridged[*call.Bucket] = call.NotificationConfiguration.EventBridgeConfiguration != nil
		case *s3.GetBucketNotificationConfigurationInput:
			told := out.(*s3.GetBucketNotificationConfigurationOutput)
			if told.EventBridgeConfiguration = nil; bridged[*call.Bucket] {
				told.EventBridgeConfiguration = &types.EventBridgeConfiguration{}
			}
		}
	})
	for id, suite := range map[string]playbooktest.Suite{
		"S3.11": {
			DisturbFact: tellQueue, Skip: map[string]string{playbooktest.CaseDrift: oneSwitch},
		},
		"S3.13": {
			Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				addRule(ctx, t, root, resource, ownRule, 30)
			},
			DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				addRule(ctx, t, root, resource, "theirs", 3)
			},
		},
		"S3.15": {
			Seed: newVersioned, Unrelated: closePolicy, DisturbFact: suspendVersions,
			Skip: map[string]string{
				playbooktest.CaseDrift: oneSwitch, playbooktest.CaseFacts: "versions cannot be suspended once the lock is on",
			},
		},
		"S3.17": {
			Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				encrypt(ctx, t, root, resource, "arn:aws:kms:us-east-1:222222222222:key/theirs")
			},
			DisturbFact: closePolicy,
		},
	} {
		t.Run(id, func(t *testing.T) {
			suite.World, suite.Control = world, playbooktest.Pick(t, settings(), id)
			suite.Observe, suite.Delete = everything, deleteBucket
			if suite.Seed == nil {
				suite.Seed, suite.Unrelated = newBucket, suspendVersions
			}
			playbooktest.Run(t, suite)
		})
	}
}

const ownRule = "SalveAbortIncompleteUploads"

func newVersioned(ctx context.Context, t *testing.T, root aws.Config) string {
	resource := newBucket(ctx, t, root)
	playbooktest.Got(admin(root).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: bucketName(resource), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"},
	}))(t)
	return resource
}

// rules are the lifecycle rules of a bucket.
func rules(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.LifecycleRule {
	out, err := admin(root).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
		Bucket: bucketName(resource),
	})
	if fault.Unset(err) {
		return nil
	}
	return playbooktest.Got(out, err)(t).Rules
}

// addRule puts a rule beside the others, in the place of one with its id.
func addRule(ctx context.Context, t *testing.T, root aws.Config, resource, id string, days int32) {
	others := slices.DeleteFunc(rules(ctx, t, root, resource), func(r types.LifecycleRule) bool { return *r.ID == id })
	playbooktest.Got(admin(root).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket:                 bucketName(resource),
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: append(others, abort(id, days))},
	}))(t)
}

func abort(id string, days int32) types.LifecycleRule {
	return types.LifecycleRule{
		ID: &id, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: &days},
	}
}

func encrypt(ctx context.Context, t *testing.T, root aws.Config, resource, key string) {
	playbooktest.Got(admin(root).PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: bucketName(resource), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &key,
			}}},
		},
	}))(t)
}

// tellQueue has a queue of its own told, beside who is told already.
func tellQueue(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	now := playbooktest.Got(admin(root).GetBucketNotificationConfiguration(ctx,
		&s3.GetBucketNotificationConfigurationInput{Bucket: bucketName(resource)}))(t)
	playbooktest.Got(admin(root).PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: bucketName(resource), NotificationConfiguration: &types.NotificationConfiguration{
			EventBridgeConfiguration: now.EventBridgeConfiguration,
			QueueConfigurations: []types.QueueConfiguration{{
				QueueArn: aws.String("arn:aws:sqs:us-east-1:222222222222:theirs"), Events: []types.Event{"s3:ObjectCreated:*"},
			}},
		},
	}))(t)
}

// everything is what another client sees of all settings.
func everything(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	client, name, seen := admin(root), bucketName(resource), observe(ctx, t, root, resource).(seen)
	encryption, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	out := []any{seen}
	if !fault.Unset(err) {
		out = append(out, playbooktest.Got(encryption, err)(t).ServerSideEncryptionConfiguration.Rules)
	}
	lock, err := client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name})
	if !fault.Unset(err) {
		out = append(out, playbooktest.Got(lock, err)(t).ObjectLockConfiguration)
	}
	told := playbooktest.Got(client.GetBucketNotificationConfiguration(ctx,
		&s3.GetBucketNotificationConfigurationInput{Bucket: name}))(t)
	return append(out, rules(ctx, t, root, resource), told.EventBridgeConfiguration, len(told.QueueConfigurations))
}

// What others have told, ruled or locked stays: the calls replace everything.
//
// better: S3.13 keeps the rules that are there and deletes no object
// better: S3.11 keeps the notifications that are there
func TestSettingsOfOthersStay(t *testing.T) {
	least := types.TransitionDefaultMinimumObjectSizeVariesByStorageClass
	theirs := abort("theirs", 3)
	theirs.Status = types.ExpirationStatusDisabled
	topic := types.TopicConfiguration{
		TopicArn: aws.String("arn:aws:sns:us-east-1:222222222222:t"), Events: []types.Event{},
	}
	bridge := &types.EventBridgeConfiguration{}
	var put []any
	kept := func(in any) (any, error) {
		put = append(put, in)
		if _, rules := in.(*s3.PutBucketLifecycleConfigurationInput); rules {
			return &s3.PutBucketLifecycleConfigurationOutput{}, nil
		}
		return &s3.PutBucketNotificationConfigurationOutput{}, nil
	}
	standIn := playbooktest.Answers(
		&s3.GetBucketLifecycleConfigurationOutput{
			Rules: []types.LifecycleRule{theirs}, TransitionDefaultMinimumObjectSize: least,
		},
		&s3.GetBucketNotificationConfigurationOutput{TopicConfigurations: []types.TopicConfiguration{topic}},
	)
	standIn["PutBucketLifecycleConfiguration"], standIn["PutBucketNotificationConfiguration"] = kept, kept
	for _, id := range []string{"S3.13", "S3.11"} {
		c := playbooktest.Pick(t, settings(), id)
		env := playbooktest.Env(t, c, arnPrefix+"logs", playbooktest.Unplugged(), standIn)
		playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)))
	}
	name, owner := aws.String("logs"), aws.String("222222222222")
	want := []any{&s3.PutBucketLifecycleConfigurationInput{
		Bucket: name, ExpectedBucketOwner: owner, TransitionDefaultMinimumObjectSize: least,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{theirs, abort(ownRule, 7)}},
	}, &s3.PutBucketNotificationConfigurationInput{
		Bucket: name, ExpectedBucketOwner: owner, SkipDestinationValidation: aws.Bool(true),
		NotificationConfiguration: &types.NotificationConfiguration{
			TopicConfigurations: []types.TopicConfiguration{topic}, EventBridgeConfiguration: bridge,
		},
	}}
	unexported := cmp.FilterPath(func(p cmp.Path) bool {
		return strings.Contains(p.Last().String(), "noSmithyDocumentSerde")
	}, cmp.Ignore())
	if d := cmp.Diff(want, put, unexported, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("put (-want +got):\n%s", d)
	}
}

// with is a shape of few words.
func with(s playbooktest.StandIn, fails bool, class fault.Class, params ...any) playbooktest.Shape {
	shape := playbooktest.Shape{Answers: s, Fails: fails, Class: class, Params: map[string]any{}}
	for i := 0; i < len(params); i += 2 {
		shape.Params[params[i].(string)] = params[i+1]
	}
	return shape
}

func TestNotificationsLine(t *testing.T) {
	told := func(out s3.GetBucketNotificationConfigurationOutput) playbooktest.StandIn {
		return playbooktest.Answers(&out)
	}
	lambda := told(s3.GetBucketNotificationConfigurationOutput{
		LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{Events: []types.Event{"s3:ObjectRemoved:*"}}},
	})
	bridge := told(s3.GetBucketNotificationConfigurationOutput{
		EventBridgeConfiguration: &types.EventBridgeConfiguration{},
	})
	judged(t, "S3.11", map[string]playbooktest.Shape{
		"nobody":                 with(told(s3.GetBucketNotificationConfigurationOutput{}), true, ""),
		"EventBridge":            with(bridge, false, ""),
		"a function":             with(lambda, false, ""),
		"of the event":           with(lambda, false, "", "eventTypes", "s3:ObjectRemoved:*"),
		"of another than wanted": with(lambda, false, fault.Refused, "eventTypes", "s3:ObjectCreated:*"),
	})
}

func TestLifecycleLine(t *testing.T) {
	if effect := playbooktest.Pick(t, settings(), "S3.13").Effect; !strings.Contains(effect, "abortIncompleteDays") {
		t.Errorf("nobody learns after how many days parts are dropped: %s", effect)
	}
	rule := func(change func(*types.LifecycleRule)) playbooktest.StandIn {
		r := abort("theirs", 3)
		change(&r)
		return playbooktest.Answers(&s3.GetBucketLifecycleConfigurationOutput{Rules: []types.LifecycleRule{r}})
	}
	off := func(r *types.LifecycleRule) { r.Status = types.ExpirationStatusDisabled }
	whole := rule(func(*types.LifecycleRule) {})
	moves := rule(func(r *types.LifecycleRule) {
		r.Transitions = []types.Transition{{Days: aws.Int32(30), StorageClass: types.TransitionStorageClassGlacier}}
	})
	ours := func(change func(*types.LifecycleRule)) playbooktest.StandIn {
		return rule(func(r *types.LifecycleRule) { r.ID = aws.String(ownRule); change(r) })
	}
	const days, class = "targetTransitionDays", "targetTransitionStorageClass"
	judged(t, "S3.13", map[string]playbooktest.Shape{
		"no rules":           with(playbooktest.Answers(&s3.GetBucketLifecycleConfigurationOutput{}), true, ""),
		"a rule":             with(whole, false, ""),
		"a disabled rule":    with(rule(off), true, ""),
		"moves as wanted":    with(moves, false, "", days, 30, class, "GLACIER"),
		"moves later":        with(moves, false, fault.Refused, days, 60),
		"moves elsewhere":    with(moves, true, "", days, 30, class, "DEEP_ARCHIVE"),
		"should delete":      with(whole, false, fault.Refused, "targetExpirationDays", 90),
		"ours":               with(ours(func(*types.LifecycleRule) {}), false, ""),
		"ours, and disabled": with(ours(off), false, fault.Refused),
		"ours, and deletes": with(ours(func(r *types.LifecycleRule) {
			r.Expiration = &types.LifecycleExpiration{Days: aws.Int32(1)}
		}), false, ""),
	})
}

func TestObjectLockLine(t *testing.T) {
	lock := func(versions types.BucketVersioningStatus, on bool, mode types.ObjectLockRetentionMode) playbooktest.StandIn {
		c := &types.ObjectLockConfiguration{}
		if on {
			c.ObjectLockEnabled = types.ObjectLockEnabledEnabled
		}
		if mode != "" {
			c.Rule = &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: mode, Days: aws.Int32(1)}}
		}
		return playbooktest.Answers(&s3.GetBucketVersioningOutput{Status: versions},
			&s3.GetObjectLockConfigurationOutput{ObjectLockConfiguration: c}, &s3.GetBucketAclOutput{},
			&s3.GetBucketPolicyOutput{Policy: aws.String(policy(partnerReads))})
	}
	// target is a bucket without a lock that a policy and an ACL let somebody write to.
	target := func(statement string, grants ...types.Grant) playbooktest.StandIn {
		s := lock("Enabled", false, "")
		maps.Copy(s, playbooktest.Answers(&s3.GetBucketPolicyOutput{Policy: aws.String(policy(statement))},
			&s3.GetBucketAclOutput{Grants: grants}))
		return s
	}
	judged(t, "S3.15", map[string]playbooktest.Shape{
		"no lock":             with(lock("Enabled", false, ""), true, ""),
		"others write":        with(target(partnerReads, logDelivery("READ_ACP")), true, ""),
		"access logs":         with(target(logsLet), false, fault.Refused),
		"access logs, by ACL": with(target(partnerReads, logDelivery("WRITE")), false, fault.Refused),
		"locked":              with(lock("Enabled", true, ""), false, ""),
		"no versions":         with(lock("Suspended", false, ""), false, fault.Refused),
		"of the mode":         with(lock("Enabled", true, "COMPLIANCE"), false, "", "mode", "COMPLIANCE"),
		"of another mode":     with(lock("Enabled", true, "GOVERNANCE"), false, fault.Refused, "mode", "COMPLIANCE"),
		"of no mode":          with(lock("Enabled", true, ""), true, "", "mode", "GOVERNANCE", "retentionDays", 1),
		"of no mode, no days": with(lock("Enabled", true, ""), false, fault.Refused, "mode", "GOVERNANCE"),
	})
}

func TestEncryptionLine(t *testing.T) {
	by := func(algorithm types.ServerSideEncryption, policy string, grants ...types.Grant) playbooktest.StandIn {
		acl := &s3.GetBucketAclOutput{Grants: grants}
		return playbooktest.Answers(&s3.GetBucketPolicyOutput{Policy: &policy}, acl, &s3.GetBucketEncryptionOutput{
			ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
				Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: algorithm,
				}}},
			},
		})
	}
	logs := policy(`{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",` +
		`"Resource":"arn:aws:s3:::logs/*"}`)
	flowLogs := policy(`{"Effect":"Allow","Principal":{"Service":["delivery.logs.amazonaws.com"]},` +
		`"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}`)
	// A key of others is theirs to switch off: then nobody reads what was written under it.
	keyed := func(arn string, fails bool, class fault.Class) playbooktest.Shape {
		shape := with(by("AES256", policy(partnerReads)), fails, class)
		shape.Params = map[string]any{"kmsKeyId": arn}
		return shape
	}
	const key = ":key/0d9a3a0e-1111-4222-8333-444455556666"
	judged(t, "S3.17", map[string]playbooktest.Shape{
		"by S3":                 with(by("AES256", policy(partnerReads), logDelivery("READ_ACP")), true, ""),
		"by KMS":                with(by("aws:kms", policy(partnerReads)), false, ""),
		"by KMS, twice":         with(by("aws:kms:dsse", policy(partnerReads)), false, ""),
		"logs of S3":            with(by("AES256", logs), false, fault.Refused),
		"logs of S3, by ACL":    with(by("AES256", policy(partnerReads), logDelivery("WRITE")), false, fault.Refused),
		"flow logs":             with(by("AES256", flowLogs), false, fault.Refused),
		"another account's key": keyed("arn:aws:kms:us-east-1:999999999999"+key, false, fault.Refused),
		"another Region's key":  keyed("arn:aws:kms:eu-west-1:222222222222"+key, false, fault.Refused),
		"flow logs, a key of one's own": with(by("AES256", flowLogs), true, "", "kmsKeyId",
			"arn:aws:kms:us-east-1:222222222222"+key),
	})
}

// logDelivery is how an ACL lets S3 write access logs, as it did before bucket policies could.
func logDelivery(permission types.Permission) types.Grant {
	return types.Grant{Permission: permission, Grantee: &types.Grantee{
		Type: types.TypeGroup, URI: aws.String("http://acs.amazonaws.com/groups/s3/LogDelivery"),
	}}
}

func judged(t *testing.T, id string, shapes map[string]playbooktest.Shape) {
	t.Helper()
	playbooktest.Judged(t, playbooktest.Pick(t, settings(), id), arnPrefix+"logs", shapes)
}
