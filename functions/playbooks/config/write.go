package config

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// wantRecording turns on what is there before it makes anything, and never changes what a recorder records.
func wantRecording(now recording, env control.Env) (recording, error) {
	asked, own := env.Params.Bool(paramLinked), linkedRole(env)
	is := now.Recorder
	if now.Partial != "" {
		return now, fault.New(fault.Refused, "%s", now.Partial)
	}
	moves := is == nil || asked && is.Role != own
	if (moves || now.Channel == nil) && now.Trouble != "" {
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	if moves {
		to := recorder{own, true, env.Params.Bool(paramGlobal)}
		if is != nil {
			to.Everything, to.Global = is.Everything, is.Global
		}
		now.Recorder, now.Linked = &to, true
	}
	if now.Channel == nil {
		now.Channel = &channel{logs().Wanted(env, now.Buckets)}
	}
	now.On = true
	return now, nil
}

// writeRecording makes the role and the channel before it turns the recorder on, which does not start without.
func writeRecording(ctx context.Context, env control.Env, from, to recording) error {
	client := configservice.NewFromConfig(env.Config)
	if err := link(ctx, env, from.Linked, to.Linked); err != nil {
		return err
	}
	if err := logs().Ensure().Write(ctx, env, from.Buckets, to.Buckets); err != nil {
		return err
	}
	own, err := ownRecorder(ctx, client)
	if err != nil {
		return err
	}
	name := aws.String(usual)
	if own != nil {
		name = own.Name
	}
	if from.Recorder == nil || from.Recorder.Role != to.Recorder.Role {
		if err := put(ctx, client, own, to.Recorder); err != nil {
			return err
		}
	}
	if from.Channel == nil {
		_, err := client.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{
			DeliveryChannel: &types.DeliveryChannel{Name: aws.String(usual), S3BucketName: &to.Channel.Bucket},
		})
		if err != nil {
			return err
		}
	}
	if from.On {
		return nil
	}
	_, err = client.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{
		ConfigurationRecorderName: name,
	})
	return err
}

// link makes the service-linked role. IAM refuses to make it twice.
func link(ctx context.Context, env control.Env, from, to bool) error {
	if from || !to {
		return nil
	}
	there, err := isLinked(ctx, env)
	if err != nil || there {
		return err
	}
	_, err = iam.NewFromConfig(env.Config).CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{
		AWSServiceName: aws.String(principal),
	})
	return err
}

// put sends all of a recorder that is there, with the role: what a call leaves out AWS Config sets anew.
func put(ctx context.Context, client *configservice.Client, own *types.ConfigurationRecorder, to *recorder) error {
	in := &types.ConfigurationRecorder{Name: aws.String(usual), RoleARN: &to.Role, RecordingGroup: &types.RecordingGroup{
		AllSupported: to.Everything, IncludeGlobalResourceTypes: to.Global,
	}}
	if own != nil {
		in.Name, in.RecordingGroup, in.RecordingMode = own.Name, own.RecordingGroup, own.RecordingMode
	}
	_, err := client.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: in})
	return err
}
