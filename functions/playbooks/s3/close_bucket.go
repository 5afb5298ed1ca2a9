package s3

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/runbook"
)

// CloseBucket returns the playbook that closes a bucket to the public by a runbook, for whoever wants to see its steps
// in the account: the same state as S3.8, carried out by SSM Automation.
func CloseBucket() []control.Control {
	return []control.Control{runbook.Runbook[publicAccess]{
		Read: func(ctx context.Context, env control.Env) (publicAccess, error) { return openBucket(env).block(ctx) },
		Want: func(now publicAccess, _ control.Env) (publicAccess, error) { return blocked(now), nil },
		Do:   runbook.Named("Salve-CloseBucket"), Undo: runbook.Named("Salve-ReopenBucket"),
		Family: "closing", Parameters: closing,
	}.Control(control.Info{
		ID: "Salve.CloseBucket", State: publicAccessBlock,
		Title:    "A bucket should be closed to the public",
		Severity: control.SeverityHigh, Resources: []string{"AwsS3Bucket"},
		Effect: "Anonymous and cross-account public access through ACLs or the bucket policy stops; signed access by the " +
			"account and by named principals is untouched.",
		Impact:  control.ImpactInterrupts,
		Pattern: bucketARN,
		Actions: []string{"s3:GetBucketPublicAccessBlock"},
		Settle:  control.Settle{Typical: 30 * time.Second, Within: 30 * time.Minute},
	})}
}

// closing are the parameters of both runbooks: the way back is told what there was before.
func closing(env control.Env, _, to publicAccess) (map[string][]string, error) {
	out := map[string][]string{"BucketName": {env.Name}}
	if env.Undo {
		out["Before"] = []string{said(to)}
	}
	return out, nil
}

// said is a block as the runbooks write it.
func said(block publicAccess) string {
	if block == (publicAccess{}) {
		return "none"
	}
	ways := []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}
	for i, flag := range flags(&block) {
		ways[i] += "=" + strconv.FormatBool(aws.ToBool(*flag))
	}
	return strings.Join(ways, ",")
}
