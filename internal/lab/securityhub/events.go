package securityhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Detail types of the events that Security Hub sends, and their source.
const (
	DetailImported     = "Security Hub Findings - Imported"
	DetailCustomAction = "Security Hub Findings - Custom Action"
	Source             = "aws.securityhub"
)

// importedEvent announces a finding, new or changed, to the account that administers it.
func importedEvent(account, region string, finding document) (Event, error) {
	detail, err := json.Marshal(map[string]any{"findings": []document{finding}})
	if err != nil {
		return Event{}, fmt.Errorf("encode finding %s: %w", finding.text("Id"), err)
	}
	return Event{
		Account: account, Region: region, DetailType: DetailImported, Source: Source,
		Resources: []string{finding.text("ProductArn") + "/" + finding.text("Id")},
		Detail:    detail,
	}, nil
}

// actionEvent says that somebody chose a custom action for one finding.
func actionEvent(account, region string, target actionTarget, finding document) (Event, error) {
	detail, err := json.Marshal(map[string]any{
		"actionName":        target.Name,
		"actionDescription": target.Description,
		"findings":          []document{finding},
	})
	if err != nil {
		return Event{}, fmt.Errorf("encode finding %s: %w", finding.text("Id"), err)
	}
	return Event{
		Account: account, Region: region, DetailType: DetailCustomAction, Source: Source,
		Resources: []string{target.ActionTargetArn},
		Detail:    detail,
	}, nil
}

// announce sends one Imported event for each finding. It must not be called under Hub.mu: whoever receives an event
// may call the hub at once.
func (h *Hub) announce(ctx context.Context, region string, findings []document) error {
	var failures []error
	for _, finding := range findings {
		account := h.administrator(finding.text("AwsAccountId"))
		event, err := importedEvent(account, region, finding)
		if err == nil {
			err = h.options.Emit(ctx, event)
		}
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("send events of findings: %w", err)
	}
	return nil
}
