package securityhub

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	maxActionName = 20
	maxActions    = 50
)

// actionTarget is a custom action that people can choose in the console.
type actionTarget struct {
	ActionTargetArn, Name, Description string
}

// actionARN also belongs to the account and the Region that own the action.
func actionARN(c caller, id string) string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:action/custom/%s", partition(c.region), c.region, c.account, id)
}

// createActionTarget makes a custom action in the caller's account and Region.
func (h *Hub) createActionTarget(_ context.Context, c call) (any, error) {
	var request struct {
		Name, Description string
		ID                string `json:"Id"`
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{1,20}$`).MatchString(request.ID) {
		return nil, invalidInput("Id should be 1 to 20 alphanumeric characters")
	}
	if err := checkAction(request.Name, request.Description); err != nil {
		return nil, err
	}
	target := actionTarget{actionARN(c.caller, request.ID), request.Name, request.Description}
	h.mu.Lock()
	defer h.mu.Unlock()
	actions := h.in(c.region).actions
	if _, exists := actions[target.ActionTargetArn]; exists {
		return nil, conflict("Action target %s already exists", target.ActionTargetArn)
	}
	if len(owned(actions, c.caller)) >= maxActions {
		return nil, limitExceeded("an account can have %d action targets: delete one first", maxActions)
	}
	actions[target.ActionTargetArn] = target
	return map[string]string{"ActionTargetArn": target.ActionTargetArn}, nil
}

// checkAction holds for new and for changed targets.
func checkAction(name, description string) error {
	problem := cmp.Or(textProblem("Name", name, maxActionName), textProblem("Description", description, 0))
	if problem != "" {
		return invalidInput("Invalid parameter: %s", problem)
	}
	return nil
}

// owned returns the action targets of the caller in the order of their ARNs.
func owned(actions map[string]actionTarget, c caller) []actionTarget {
	mine := []actionTarget{}
	for arn, target := range actions {
		if strings.HasPrefix(arn, actionARN(c, "")) {
			mine = append(mine, target)
		}
	}
	slices.SortFunc(mine, func(a, b actionTarget) int { return strings.Compare(a.ActionTargetArn, b.ActionTargetArn) })
	return mine
}

// describeActionTargets answers the targets asked for, or a page of all of them. Its token is the last ARN.
func (h *Hub) describeActionTargets(_ context.Context, c call) (any, error) {
	var request struct {
		ActionTargetArns []string
		NextToken        string
		MaxResults       *int
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	size := maxBatch
	if request.MaxResults != nil {
		size = *request.MaxResults
	}
	if size < 1 || size > maxBatch {
		return nil, invalidInput("MaxResults should be 1 to %d, not %d", maxBatch, size)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := owned(h.in(c.region).actions, c.caller)
	for _, arn := range request.ActionTargetArns {
		if !slices.ContainsFunc(mine, func(t actionTarget) bool { return t.ActionTargetArn == arn }) {
			return nil, notFound("Action target %s does not exist", arn)
		}
	}
	mine = slices.DeleteFunc(mine, func(t actionTarget) bool {
		asked := len(request.ActionTargetArns) == 0 || slices.Contains(request.ActionTargetArns, t.ActionTargetArn)
		return !asked || t.ActionTargetArn <= request.NextToken
	})
	answer := map[string]any{"ActionTargets": mine[:min(size, len(mine))]}
	if len(mine) > size {
		answer["NextToken"] = mine[size-1].ActionTargetArn
	}
	return answer, nil
}

// updateActionTarget changes what is given and leaves the rest.
func (h *Hub) updateActionTarget(_ context.Context, c call) (any, error) {
	var request struct{ Name, Description *string }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	target, err := h.ownAction(c)
	if err != nil {
		return nil, err
	}
	if request.Name != nil {
		target.Name = *request.Name
	}
	if request.Description != nil {
		target.Description = *request.Description
	}
	if err := checkAction(target.Name, target.Description); err != nil {
		return nil, err
	}
	h.in(c.region).actions[target.ActionTargetArn] = target
	return struct{}{}, nil
}

// deleteActionTarget removes a target; events already sent keep naming it.
func (h *Hub) deleteActionTarget(_ context.Context, c call) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	target, err := h.ownAction(c)
	if err != nil {
		return nil, err
	}
	delete(h.in(c.region).actions, target.ActionTargetArn)
	return map[string]string{"ActionTargetArn": target.ActionTargetArn}, nil
}

// ownAction finds the target that the request's path names; somebody else's does not exist. Hub.mu is held.
func (h *Hub) ownAction(c call) (actionTarget, error) {
	target, ok := h.in(c.region).actions[c.path]
	if !ok || !strings.HasPrefix(c.path, actionARN(c.caller, "")) {
		return actionTarget{}, notFound("Action target %s does not exist", c.path)
	}
	return target, nil
}
