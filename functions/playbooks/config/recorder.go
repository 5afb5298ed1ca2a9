// Package config holds the playbooks for AWS Config.
package config

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The parameters: the first is Security Hub's.
const (
	paramLinked = "includeConfigServiceLinkedRoleCheck"
	paramGlobal = "includeGlobalResourceTypes"
)

// The names of what is made, which are those of AWS's console, and the service that gets the role.
const (
	usual     = "default"
	principal = "config.amazonaws.com"
	linked    = "AWSServiceRoleForConfig"
)

// recording is what AWS Config does in a Region.
type recording struct {
	Linked   bool                    // the service-linked role is there
	Buckets  map[string]needs.Bucket // for the channel that would be made, once it is there
	Recorder *recorder
	Channel  *channel
	On       bool

	Partial string `salve:"fact"` // why nobody can say whether the recorder records enough
	Trouble string `salve:"fact"` // why the service-linked role might not deliver
}

// recorder is the account's own; what it records is written only where Salve makes it.
type recorder struct {
	Role string
	// Everything and Global are which types of resources: all, and those of IAM, that have no Region.
	Everything, Global bool
}

type channel struct{ Bucket string }

// logs is AWS Config as it writes into a bucket.
// Source: AWS Config developer guide, Permissions for the Amazon S3 bucket.
func logs() needs.Writer {
	return needs.Writer{
		Service: principal, Purpose: "config", Looks: []string{"s3:GetBucketAcl", "s3:ListBucket"},
		Puts: "AWSLogs/ACCOUNT/Config/*", OwnACL: true,
	}
}

// Recorder returns the control that has AWS Config record.
func Recorder() []control.Control {
	const why = "Security Hub's controls and rules of others need what AWS Config records: stop or change it by hand"
	return []control.Control{control.Of[recording]{
		Info: control.Info{
			ID: "Config.1", Writes: "config.recorder",
			Effect: "AWS Config records every change of the account's resources in this Region, and is billed by the item " +
				"that it records; S3 for what lies in the bucket. A recorder that is there keeps what it records, is turned on, " +
				"and works as AWS's service-linked role in place of its own; where its bucket does not let AWS Config in by " +
				"itself, nothing happens. Where there is none, Salve makes recorder, channel and bucket, once.",
			Fails: control.Fails{
				When: "AWS Config has no recorder in the Region, it is off, it works as another role than the service-linked " +
					"one, unless the parameter lets it, or it does not record the types that enabled controls look at. Which " +
					"these are the finding says: a recorder of some types is refused.",
				Custom: true,
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramLinked, Default: true, Meaning: "Whether the recorder must work as the service-linked role.",
			}, {
				Name: paramGlobal, Default: true,
				Meaning: "Whether a recorder has to record what has no Region, such as IAM's roles; one Region of an account is " +
					"enough, where the controls about them are off in the others.",
			}, logs().BucketParam("what a new channel delivers")},
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: append(needs.BucketActions(), "config:DescribeConfigurationRecorderStatus",
				"config:DescribeConfigurationRecorders", "config:DescribeDeliveryChannels", "config:PutConfigurationRecorder",
				"config:PutDeliveryChannel", "config:StartConfigurationRecorder", "iam:CreateServiceLinkedRole", "iam:GetRole"),
			Passes: []string{principal},
			OneWay: map[string]string{
				"Linked": why, "Buckets/*": needs.LeftBuckets, "Recorder": why, "Recorder/*": why, "Channel": why,
				"Channel/*": why, "On": why,
			},
			Settle: control.Settle{Typical: 10 * time.Second, Within: 10 * time.Minute},
			Narrow: func(env control.Env) []string {
				// One that is not there yet has no path to be asked by.
				return []string{linkedRole(env), role(env, linked), logs().BucketARN(env)}
			},
			Lock: func(env control.Env) []string { return []string{"config/" + env.Target.Region} },
		},
		Read: readRecording, Want: wantRecording, Write: writeRecording,
		Passed: func(_ control.Env, from, to recording) []string {
			if to.Recorder == nil || from.Recorder != nil && from.Recorder.Role == to.Recorder.Role {
				return nil
			}
			return []string{to.Recorder.Role}
		},
	}.Control()}
}

func linkedRole(env control.Env) string {
	return role(env, "aws-service-role/"+principal+"/"+linked)
}

// role is the ARN of a role of the account, with its path.
func role(env control.Env, name string) string {
	return env.Target.GlobalARN("iam", "role/"+name)
}

func readRecording(ctx context.Context, env control.Env) (recording, error) {
	now, client := recording{Buckets: map[string]needs.Bucket{}}, configservice.NewFromConfig(env.Config)
	own, err := ownRecorder(ctx, client)
	if err != nil {
		return now, err
	}
	if own != nil {
		now.Recorder = &recorder{Role: aws.ToString(own.RoleARN)}
		if g := own.RecordingGroup; g != nil {
			now.Recorder.Everything, now.Recorder.Global = g.AllSupported, g.IncludeGlobalResourceTypes
		}
		now.Partial = partial(aws.ToString(own.Name), *now.Recorder, env)
		if now.On, err = isOn(ctx, client, own.Name); err != nil {
			return now, err
		}
	}
	if now.Linked, err = isLinked(ctx, env); err != nil {
		return now, err
	}
	return now, now.readChannel(ctx, env, client)
}

// ownRecorder is the account's own recorder, nil where there is none: services have others, which do not count.
func ownRecorder(ctx context.Context, client *configservice.Client) (*types.ConfigurationRecorder, error) {
	out, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, err
	}
	for _, r := range out.ConfigurationRecorders {
		if r.ServicePrincipal == nil {
			return &r, nil
		}
	}
	return nil, nil
}

// partial is why nobody can say that a recorder records enough; "" where it records all.
func partial(name string, r recorder, env control.Env) string {
	switch {
	case !r.Everything:
		return "have the recorder " + name + " record the types that the finding names, and turn it on: it records some " +
			"types alone, and what somebody chose to leave out Salve does not add"
	case !r.Global && env.Params.Bool(paramGlobal):
		return "have the recorder " + name + " record what has no Region too, or turn off the controls about IAM in this " +
			"Region and set the parameter " + paramGlobal + " to false"
	}
	return ""
}

func isOn(ctx context.Context, client *configservice.Client, name *string) (bool, error) {
	out, err := client.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{
		ConfigurationRecorderNames: []string{*name},
	})
	if err != nil {
		return false, err
	}
	if len(out.ConfigurationRecordersStatus) != 1 {
		return false, fault.New(fault.Invalid, "DescribeConfigurationRecorderStatus answered without the recorder %s", *name)
	}
	return out.ConfigurationRecordersStatus[0].Recording, nil
}

func isLinked(ctx context.Context, env control.Env) (bool, error) {
	_, err := iam.NewFromConfig(env.Config).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(linked)})
	if fault.Of(err) == fault.Gone {
		return false, nil
	}
	return err == nil, err
}

// readChannel reads where AWS Config delivers to, and whether the service-linked role could. A session reaches one
// bucket: that of the parameter, or Salve's own.
func (now *recording) readChannel(ctx context.Context, env control.Env, client *configservice.Client) error {
	out, err := client.DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
	if err != nil {
		return err
	}
	bucket, _ := logs().Bucket(env)
	if len(out.DeliveryChannels) > 0 {
		c := out.DeliveryChannels[0]
		now.Channel = &channel{aws.ToString(c.S3BucketName)}
		switch is := now.Channel.Bucket; {
		case aws.ToString(c.S3KmsKeyArn)+aws.ToString(c.SnsTopicARN) != "":
			now.Trouble = "have the recorder work as the service-linked role by hand: its channel delivers with a key or to a " +
				"topic, whose policies have to let " + principal + " in"
			return nil
		case is != bucket:
			now.Trouble = "name the bucket " + is + ", which AWS Config delivers to, in the parameter " + needs.ParamBucket +
				": then Salve can look whether it lets " + principal + " in by itself"
			return nil
		}
	}
	now.Buckets, now.Trouble, err = logs().Found(ctx, env)
	return err
}
