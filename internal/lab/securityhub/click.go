package securityhub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxSelected is how many findings the console lets a person select for a custom action.
const maxSelected = 20

// Click does what a person does in the console: it selects findings by their ids and chooses the custom action. The
// account and the Region of the action's ARN are where the console was open. Every finding is one event.
func (h *Hub) Click(ctx context.Context, findingIDs []string, actionARN string) error {
	events, err := h.clicked(findingIDs, actionARN)
	if err != nil {
		return err
	}
	var failures []error
	for _, event := range events {
		failures = append(failures, h.options.Emit(ctx, event))
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("send custom action events: %w", err)
	}
	return nil
}

// clicked prepares all events before the first is sent: an unknown finding sends none.
func (h *Hub) clicked(findingIDs []string, actionARN string) ([]Event, error) {
	if len(findingIDs) == 0 || len(findingIDs) > maxSelected {
		return nil, invalidInput("select 1 to %d findings, not %d", maxSelected, len(findingIDs))
	}
	parts := strings.SplitN(actionARN, ":", 6)
	if len(parts) != 6 {
		return nil, invalidInput("%q is not the ARN of an action target", actionARN)
	}
	console := caller{region: parts[3], account: parts[4]}
	// Findings before the action: visible takes the lock by itself.
	selected := h.visible(console, func(d document) bool { return slices.Contains(findingIDs, d.text("Id")) })
	h.mu.Lock()
	target, ok := h.in(console.region).actions[actionARN]
	h.mu.Unlock()
	if !ok {
		return nil, notFound("Action target %s does not exist", actionARN)
	}
	var events []Event
	for _, id := range findingIDs {
		// Others may have given the same Id to a finding of theirs: Security Hub's own is meant.
		index := slices.IndexFunc(selected, func(d document) bool { return d.text("Id") == id && isControlFinding(d) })
		if index < 0 {
			index = slices.IndexFunc(selected, func(d document) bool { return d.text("Id") == id })
		}
		if index < 0 {
			return nil, notFound("Finding %s does not exist in %s for account %s", id, console.region, console.account)
		}
		event, err := actionEvent(console.account, console.region, target, selected[index])
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

// click is POST /_lab/click, which AWS does not have: {"FindingIds": [...], "ActionTargetArn": "..."}. The action has
// to be the caller's own.
func (h *Hub) click(ctx context.Context, c call) (any, error) {
	var request struct {
		FindingIDs      []string `json:"FindingIds"`
		ActionTargetArn string
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(request.ActionTargetArn, actionARN(c.caller, "")) {
		return nil, notFound("Action target %s is not one of account %s", request.ActionTargetArn, c.account)
	}
	if err := h.Click(ctx, request.FindingIDs, request.ActionTargetArn); err != nil {
		return nil, err
	}
	return map[string]int{"EventsSent": len(request.FindingIDs)}, nil
}
