package s3

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramKey names the key; empty is the one that S3 has in the account.
const paramKey = "kmsKeyId"

// encryption is what new objects are encrypted with.
type encryption struct {
	// Default is algorithm, key and bucket key in one, as none of them makes sense without the others:
	// "aws:kms arn:aws:kms:… bucket-key". No key is that of S3.
	Default string

	Logs   string   `salve:"fact"` // a service whose logs are delivered to the bucket, and only without KMS
	Vended bool     `salve:"fact"` // logs are delivered by vendor, and never with the key of S3
	Allows []string `salve:"fact"` // statements of the policy that let somebody in
}

// What a default says beside the key.
const (
	kms       = "aws:kms" // aws:kms:dsse begins so too
	bucketKey = "bucket-key"
)

func defaultOf(algorithm, key string, ofBucket bool) string {
	parts := []string{algorithm}
	if key != "" {
		parts = append(parts, key)
	}
	if ofBucket {
		parts = append(parts, bucketKey)
	}
	return strings.Join(parts, " ")
}

// KMSEncryption returns the control that has new objects encrypted with a key of KMS.
func KMSEncryption() []control.Control {
	return []control.Control{control.Of[encryption]{
		Info: control.Info{
			ID: "S3.17",
			Effect: "New objects are encrypted with a key of KMS; those that are there stay as they are. Whoever reads them " +
				"needs the right to decrypt with the key, writers that to generate data keys: see that all have it first. The " +
				"key of S3, which is taken where the parameter names none, serves no other account. KMS bills by the request.",
			Fails: control.Fails{
				When: "The default encryption of the bucket is another than aws:kms or aws:kms:dsse, with whatever key.",
				Rule: "s3-default-encryption-kms",
			},
			Impact: control.ImpactInterrupts,
			Params: []control.Param{{
				Name: paramKey, Default: "",
				Meaning: "KMS key for new objects, as ARN, of the same account and Region; empty is the key of S3 (aws/s3).",
				Pattern: regexp.MustCompile(`^(|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]{1,64})$`),
			}},
			Pattern: bucketARN,
			Actions: []string{
				"s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
			},
		},
		Read: readEncryption, Want: wantKMS, Write: writeEncryption, Mentions: readersBeside,
	}.Control()}
}

func readEncryption(ctx context.Context, env control.Env) (now encryption, err error) {
	b := openBucket(env)
	rule, err := b.encryption(ctx)
	if err != nil {
		return now, err
	}
	if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
		now.Default = defaultOf(string(by.SSEAlgorithm), aws.ToString(by.KMSMasterKeyID), aws.ToBool(rule.BucketKeyEnabled))
	}
	doc, err := b.policy(ctx)
	if err != nil {
		return now, err
	}
	all, err := doc.Statements()
	if err != nil {
		return now, fault.New(fault.Refused, "the bucket policy has a statement that Salve cannot read: %w", err)
	}
	for _, s := range all {
		for _, service := range unencryptedLogs() {
			if s.MayLet(service, "s3:PutObject") {
				now.Logs = service
			}
		}
		now.Vended = now.Vended || s.LetsService(vendor, "s3:PutObject")
		if s.Effect == "Allow" {
			now.Allows = append(now.Allows, sidOf(s))
		}
	}
	if now.Logs == "" {
		var takes bool
		if takes, err = b.takesAccessLogs(ctx, all); takes {
			now.Logs = accessLogger
		}
	}
	return now, err
}

// vendor delivers flow logs and what else AWS calls vended logs.
// Source: CloudWatch Logs user guide, logs sent to Amazon S3.
const vendor = "delivery.logs.amazonaws.com"

// unencryptedLogs are services that deliver their logs to buckets with encryption by S3 alone.
func unencryptedLogs() []string {
	return []string{accessLogger, "logdelivery.elasticloadbalancing.amazonaws.com"}
}

// encryption is the one rule that a bucket has.
func (b bucket) encryption(ctx context.Context) (types.ServerSideEncryptionRule, error) {
	out, err := b.client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	unset := fault.Unset(err) || err == nil &&
		(out.ServerSideEncryptionConfiguration == nil || len(out.ServerSideEncryptionConfiguration.Rules) == 0)
	if unset || err != nil {
		if unset {
			err = nil
		}
		return types.ServerSideEncryptionRule{}, err
	}
	return out.ServerSideEncryptionConfiguration.Rules[0], nil
}

func wantKMS(now encryption, env control.Env) (encryption, error) {
	if strings.HasPrefix(now.Default, kms) {
		return now, nil
	}
	if now.Logs != "" {
		return now, fault.New(fault.Refused, "%s delivers logs to the bucket, and only where S3 encrypts with its own keys: "+
			"they would be lost. Make an exception for the bucket", now.Logs)
	}
	key := env.Params.Text(paramKey)
	switch {
	case now.Vended && key == "":
		return now, fault.New(fault.Refused, "%s delivers logs to the bucket, and not with the key of S3: they would be "+
			"lost. Name a key of the account that lets it in, in the parameter %s, or make an exception for the bucket", vendor,
			paramKey)
	case !needs.Here(key, env.Target):
		return now, needs.OtherKey(key, paramKey, env.Target)
	}
	now.Default = defaultOf(kms, key, true)
	return now, nil
}

func readersBeside(now encryption) []string {
	var out []string
	for _, sid := range now.Allows {
		out = append(out, sid+" of the bucket policy lets somebody in, who needs rights to the key as well")
	}
	return out
}

// writeEncryption reads again: the call replaces the rule, which may say more.
func writeEncryption(ctx context.Context, env control.Env, _, to encryption) error {
	b := openBucket(env)
	rule, err := b.encryption(ctx)
	if err != nil {
		return err
	}
	parts := strings.Fields(to.Default)
	if len(parts) == 0 {
		_, err = b.client.DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{
			Bucket: b.name, ExpectedBucketOwner: b.owner,
		})
		return err
	}
	by := &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryption(parts[0])}
	if len(parts) > 1 && parts[1] != bucketKey {
		by.KMSMasterKeyID = &parts[1]
	}
	rule.ApplyServerSideEncryptionByDefault, rule.BucketKeyEnabled = by, aws.Bool(parts[len(parts)-1] == bucketKey)
	_, err = b.client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{rule},
		},
	})
	return err
}
