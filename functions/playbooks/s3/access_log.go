package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// accessLog is where S3 writes who asked a bucket for what; empty where it does not.
type accessLog struct {
	TargetBucket, TargetPrefix string
	// Buckets is the bucket for the logs, once it is there.
	Buckets map[string]needs.Bucket
	// Trouble is why S3 cannot write there.
	Trouble string `salve:"fact"`
}

// accessLogs is S3 as it writes access logs: by the bucket's policy, since new buckets have no ACL.
// Source: S3 user guide, enabling Amazon S3 server access logging.
func accessLogs() needs.Writer {
	return needs.Writer{Service: accessLogger, Purpose: "s3-access", Puts: "*"}
}

// AccessLog returns the controls that have S3 log who asks a bucket for what.
func AccessLog() []control.Control {
	return []control.Control{
		logged("CloudTrail.7",
			"Access logging is off on a bucket that a trail writes to. Where the log goes does not matter."),
		logged("S3.9", "Access logging is off on the bucket. Where the log goes does not matter."),
	}
}

func logged(id, when string) control.Control {
	return control.Of[accessLog]{
		Info: control.Info{
			ID: id, State: "s3.access-log",
			Effect: "S3 writes a log of the requests to the bucket into another bucket, within hours and not of each request " +
				"for sure; S3 is billed for what lies there, which nothing deletes by itself. Nobody who uses the bucket notices.",
			Fails:   control.Fails{When: when, Rule: "s3-bucket-logging-enabled"},
			Impact:  control.ImpactNone,
			Pattern: bucketARN,
			Params:  []control.Param{accessLogs().BucketParam("the access logs, in the Region of the bucket")},
			Actions: append(needs.BucketActions(), "s3:GetBucketLogging", "s3:PutBucketLogging"),
			OneWay:  map[string]string{"Buckets/*": needs.LeftBuckets},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.Resource, accessLogs().BucketARN(env)}
			},
		},
		Read: readAccessLog, Want: wantAccessLog, Write: writeAccessLog,
	}.Control()
}

func readAccessLog(ctx context.Context, env control.Env) (accessLog, error) {
	b, now := openBucket(env), accessLog{}
	out, err := b.client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err != nil {
		return now, err
	}
	if on := out.LoggingEnabled; on != nil {
		now.TargetBucket, now.TargetPrefix = aws.ToString(on.TargetBucket), aws.ToString(on.TargetPrefix)
	}
	now.Buckets, now.Trouble, err = accessLogs().Found(ctx, env)
	return now, err
}

// wantAccessLog leaves a log where it is. A bucket that logs into itself would log each of its logs.
func wantAccessLog(now accessLog, env control.Env) (accessLog, error) {
	name, _ := accessLogs().Bucket(env)
	switch {
	case now.TargetBucket != "":
		return now, nil
	case name == env.Name:
		return now, fault.New(fault.Refused, "name another bucket in the parameter %s, or make an exception for this one: "+
			"access logs go into %s, and a log of that log would never end", needs.ParamBucket, name)
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	now.TargetBucket, now.TargetPrefix = accessLogs().Wanted(env, now.Buckets), env.Name+"/"
	return now, nil
}

func writeAccessLog(ctx context.Context, env control.Env, from, to accessLog) error {
	if err := accessLogs().Ensure().Write(ctx, env, from.Buckets, to.Buckets); err != nil {
		return err
	}
	if from.TargetBucket == to.TargetBucket && from.TargetPrefix == to.TargetPrefix {
		return nil
	}
	b, status := openBucket(env), &types.BucketLoggingStatus{}
	if to.TargetBucket != "" {
		status.LoggingEnabled = &types.LoggingEnabled{TargetBucket: &to.TargetBucket, TargetPrefix: &to.TargetPrefix}
	}
	_, err := b.client.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, BucketLoggingStatus: status,
	})
	return err
}
