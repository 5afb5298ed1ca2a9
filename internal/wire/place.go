package wire

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/names"
)

// Place is where a hub is.
type Place struct {
	Partition, Account, Region string
	Endpoint                   string // of an emulator; empty on AWS
}

// At are the settings of the hub in a place, whose names follow from the prefix that the environment says, if any. What
// else it says goes before them: the external id and how long successes are collected stand nowhere else. Of the topic
// for chats its name is known, and not whether the stack has made it.
func At(ctx context.Context, at Place, getenv func(string) string) (Settings, error) {
	home, err := names.HomeFrom(getenv)
	if err != nil {
		return Settings{}, fmt.Errorf("names of the hub: %w", err)
	}
	derived, err := at.environment(ctx, home)
	if err != nil {
		return Settings{}, err
	}
	s, err := FromEnv(func(name string) string { return cmp.Or(getenv(name), derived[name]) })
	s.ChatMayLack = err == nil && getenv(names.EnvChatTopic) == ""
	return s, err
}

// environment is what the hub's stack gives its function, as far as it follows from the place.
func (at Place) environment(ctx context.Context, home names.Home) (map[string]string, error) {
	queues, err := at.queues(ctx)
	if err != nil {
		return nil, err
	}
	topic := "arn:" + at.Partition + ":sns:" + at.Region + ":" + at.Account + ":"
	return map[string]string{
		names.EnvTable: home.Name(names.Table), names.EnvAuditLogGroup: home.LogGroup(names.AuditLogGroup),
		names.EnvMemberRole:   home.Name(names.MemberRole),
		names.EnvNowQueueURL:  queues + home.Name(names.NowQueue),
		names.EnvBulkQueueURL: queues + home.Name(names.BulkQueue),
		names.EnvDeadQueueURL: queues + home.Name(names.DeadQueue),
		names.EnvApprovalsURL: queues + home.Name(names.ApprovalsQueue),
		names.EnvNoticesTopic: topic + home.Name(names.NoticesTopic),
		names.EnvChatTopic:    topic + home.Name(names.ChatTopic),
		names.EnvActionARN:    at.action(),
	}, nil
}

// action is the ARN of the custom action beside which the others are.
func (at Place) action() string {
	return "arn:" + at.Partition + ":securityhub:" + at.Region + ":" + at.Account + ":action/custom/" +
		names.ActionRemediate
}

// queues is what the addresses of the account's queues begin with. The SDK knows the domains of all partitions.
func (at Place) queues(ctx context.Context) (string, error) {
	base := at.Endpoint
	if base == "" {
		known, err := sqs.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sqs.EndpointParameters{
			Region: aws.String(at.Region),
		})
		if err != nil {
			return "", fmt.Errorf("where the queues of Region %s are: %w", at.Region, err)
		}
		base = known.URI.String()
	}
	address, err := url.JoinPath(base, at.Account, "/")
	if err != nil {
		return "", fmt.Errorf("where the queues of Region %s are: %w", at.Region, err)
	}
	return address, nil
}
