package iam

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// passwordChanged returns when the user's password was last set, the zero time
// where AWS does not know. No other call tells it. AWS hands out a report that
// is up to four hours old; what was set since shows in the next one.
func passwordChanged(ctx context.Context, env control.Env) (time.Time, error) {
	client := iam.NewFromConfig(env.Config)
	started, err := client.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
	if err != nil {
		return time.Time{}, err
	}
	if started.State != types.ReportStateTypeComplete {
		return time.Time{}, fault.New(fault.Retry, "AWS is still writing the account's credential report")
	}
	out, err := client.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		return time.Time{}, err
	}
	return changedIn(out.Content, env.Target.Resource)
}

// changedIn looks up the user in a report. A user who is missing there is an
// error: without the date a new password could be taken for an old one.
func changedIn(report []byte, arn string) (time.Time, error) {
	rows, err := csv.NewReader(bytes.NewReader(report)).ReadAll()
	if err != nil {
		return time.Time{}, fmt.Errorf("read the credential report: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, fmt.Errorf("the credential report is empty")
	}
	who, when := slices.Index(rows[0], "arn"), slices.Index(rows[0], "password_last_changed")
	if who < 0 || when < 0 {
		return time.Time{}, fmt.Errorf("the credential report lacks a column: it has %v", rows[0])
	}
	for _, row := range rows[1:] {
		if row[who] != arn {
			continue
		}
		switch row[when] {
		case "N/A", "no_information", "not_supported":
			return time.Time{}, nil
		}
		changed, err := time.Parse(time.RFC3339, row[when])
		if err != nil {
			return time.Time{}, fmt.Errorf("password_last_changed in the credential report: %w", err)
		}
		return changed, nil
	}
	return time.Time{}, fault.New(fault.Retry, "the account's credential report does not list %s yet", arn)
}
