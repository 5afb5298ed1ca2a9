package s3

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The parameters of the control; the mode is AWS's.
const (
	paramMode = "mode"
	paramLock = "retentionDays"
)

// objectLock is the lock of a bucket. Retention is nil where objects are locked only by who writes them.
type objectLock struct {
	Enabled   bool
	Retention *retention

	Versioned bool `salve:"fact"`
	Logs      bool `salve:"fact"` // access logs may be delivered to the bucket, as long as there is no lock
}

type retention struct {
	Mode  string
	Days  int `json:",omitempty"`
	Years int `json:",omitempty"`
}

// ObjectLock returns the control that is met by Object Lock.
func ObjectLock() []control.Control {
	return []control.Control{control.Of[objectLock]{
		Info: control.Info{
			ID: "S3.15",
			Effect: "Object Lock can never be turned off again, and versioning of the bucket not be suspended. Objects are " +
				"locked only by who writes them with a retention, unless the parameters ask for one: then nobody can delete or " +
				"overwrite a new version before its time, and its storage is billed until then. A role that replicates from " +
				"the bucket needs the rights to read retentions. A bucket that takes access logs is left as it is: with a lock, " +
				"S3 would deliver none.",
			Fails: control.Fails{
				When: "Object Lock is off on the bucket, or its default retention has not the mode that the parameter asks for.",
				Rule: "s3-bucket-default-lock-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramMode, Default: "", Pattern: regexp.MustCompile(`^(|GOVERNANCE|COMPLIANCE)$`),
				Meaning: "Mode that the default retention must have, GOVERNANCE or COMPLIANCE; empty asks for none.",
			}, {
				Name: paramLock, Default: 0, Max: 36500,
				Meaning: "Days for which new objects are locked where there is no default retention and a mode is asked for.",
			}},
			Pattern: bucketARN,
			Actions: []string{
				"s3:GetBucketAcl", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketVersioning",
				"s3:PutBucketObjectLockConfiguration",
			},
			OneWay: map[string]string{control.Everything: "AWS lets nobody turn Object Lock off"},
		},
		Read: readLock, Want: wantLock, Write: writeLock,
	}.Control()}
}

func readLock(ctx context.Context, env control.Env) (now objectLock, err error) {
	b := openBucket(env)
	versions, err := b.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if err != nil {
		return now, err
	}
	now.Versioned = versions.Status == types.BucketVersioningStatusEnabled
	out, err := b.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if fault.Unset(err) || err == nil && out.ObjectLockConfiguration == nil {
		return now, now.readLogs(ctx, b)
	}
	if err != nil {
		return now, err
	}
	now.Enabled = out.ObjectLockConfiguration.ObjectLockEnabled == types.ObjectLockEnabledEnabled
	if r := out.ObjectLockConfiguration.Rule; r != nil && r.DefaultRetention != nil {
		d := r.DefaultRetention
		now.Retention = &retention{Mode: string(d.Mode), Days: number(d.Days), Years: number(d.Years)}
	}
	if now.Enabled {
		return now, nil
	}
	return now, now.readLogs(ctx, b)
}

// readLogs finds out whether a lock would keep access logs out. Source: S3 user guide, Object Lock considerations.
func (now *objectLock) readLogs(ctx context.Context, b bucket) error {
	doc, err := b.policy(ctx)
	if err != nil {
		return err
	}
	all, err := doc.Statements()
	if err != nil {
		return fault.New(fault.Refused, "the bucket policy has a statement that Salve cannot read: %w", err)
	}
	now.Logs, err = b.takesAccessLogs(ctx, all)
	return err
}

func number(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

// wantLock never touches a default retention that is there.
func wantLock(now objectLock, env control.Env) (objectLock, error) {
	mode, days := env.Params.Text(paramMode), env.Params.Int(paramLock)
	switch {
	case now.Enabled && (mode == "" || now.Retention != nil && now.Retention.Mode == mode):
		return now, nil
	case !now.Versioned:
		return now, fault.New(fault.Refused, "Object Lock needs versioning, which the bucket has not: turn it on first")
	case now.Logs:
		return now, fault.New(fault.Refused, "S3 may deliver access logs to the bucket, and delivers none to one with "+
			"Object Lock, which nobody can turn off again: make an exception, or have the logs go elsewhere first and "+
			"take the right of %s or of the group LogDelivery from the bucket", accessLogger)
	case mode != "" && now.Retention != nil:
		return now, fault.New(fault.Refused, "the default retention of the bucket is %s, and Salve changes none: see "+
			"whether %s is what it should be", now.Retention.Mode, mode)
	case mode != "" && days == 0:
		return now, fault.New(fault.Refused, "say for how long new objects are to be locked, in the parameter %s", paramLock)
	case mode != "":
		now.Retention = &retention{Mode: mode, Days: days}
	}
	now.Enabled = true
	return now, nil
}

func writeLock(ctx context.Context, env control.Env, _, to objectLock) error {
	if !to.Enabled {
		return fault.New(fault.Refused, "AWS lets nobody turn Object Lock off")
	}
	b, in := openBucket(env), &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
	if r := to.Retention; r != nil {
		by := &types.DefaultRetention{Mode: types.ObjectLockRetentionMode(r.Mode)}
		in.Rule = &types.ObjectLockRule{DefaultRetention: by}
		days, years := int32(r.Days), int32(r.Years) //nolint:gosec // at most 36500
		if days > 0 {
			by.Days = &days
		}
		if years > 0 {
			by.Years = &years
		}
	}
	_, err := b.client.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, ObjectLockConfiguration: in,
	})
	return err
}
