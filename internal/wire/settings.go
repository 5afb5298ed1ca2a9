// Package wire builds the engine from its settings and AWS clients, the same
// way for the function and for the command line.
package wire

import (
	"fmt"
	"strconv"
	"time"

	"github.com/salve-security/salve/internal/names"
)

// Settings are what the environment says about the hub.
type Settings struct {
	Table, NowQueueURL, BulkQueueURL      string
	DeadQueueURL                          string
	ApprovalsQueueURL                     string // nobody but who answers needs it
	NoticesTopic, ChatTopic               string
	ChatMayLack                           bool // the topic for chats may not exist; then there is no chat
	AuditLogGroup, MemberRole, ExternalID string
	ActionARN                             string
	Digest                                time.Duration
	Home                                  names.Home // what Salve's own resources are called
}

// FromEnv reads the settings; getenv is os.Getenv. An error names the variable and the fix.
func FromEnv(getenv func(string) string) (Settings, error) {
	s := Settings{
		Table: getenv(names.EnvTable), NowQueueURL: getenv(names.EnvNowQueueURL),
		BulkQueueURL:      getenv(names.EnvBulkQueueURL),
		ApprovalsQueueURL: getenv(names.EnvApprovalsURL),
		DeadQueueURL:      getenv(names.EnvDeadQueueURL), NoticesTopic: getenv(names.EnvNoticesTopic),
		ChatTopic:     getenv(names.EnvChatTopic),
		AuditLogGroup: getenv(names.EnvAuditLogGroup), MemberRole: getenv(names.EnvMemberRole),
		ExternalID: getenv(names.EnvExternalID), ActionARN: getenv(names.EnvActionARN),
		Digest: names.DigestEvery,
	}
	var err error
	if s.Home, err = names.HomeFrom(getenv); err != nil {
		return Settings{}, fmt.Errorf("names of the hub: %w", err)
	}
	for _, v := range []struct{ name, value string }{
		{names.EnvTable, s.Table},
		{names.EnvNowQueueURL, s.NowQueueURL},
		{names.EnvBulkQueueURL, s.BulkQueueURL},
		{names.EnvDeadQueueURL, s.DeadQueueURL},
		{names.EnvMemberRole, s.MemberRole},
		{names.EnvActionARN, s.ActionARN},
	} {
		if v.value == "" {
			return Settings{}, fmt.Errorf("%s is not set: take it from the outputs of the hub stack", v.name)
		}
	}
	if text := getenv(names.EnvDigestSeconds); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 0 {
			return Settings{}, fmt.Errorf("%s is %q: want a number of seconds", names.EnvDigestSeconds, text)
		}
		s.Digest = time.Duration(seconds) * time.Second
	}
	return s, nil
}
