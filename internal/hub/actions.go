package hub

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// ActionState is how it stands with a custom action, or what was done with it.
type ActionState string

// The states.
const (
	ActionThere   ActionState = "there"
	ActionDiffers ActionState = "differs" // in name or description
	ActionMissing ActionState = "missing"
	ActionCreated ActionState = "created"
	ActionUpdated ActionState = "updated"
	ActionDeleted ActionState = "deleted"
)

// Action is a custom action of Salve and how it stands with it in one account and Region.
type Action struct {
	names.Action
	State ActionState
	ARN   string // "" where it does not exist
}

// Actions returns how it stands with all custom actions of Salve where the client is. All of the account are read:
// asked for one that is missing, Security Hub says nothing about the others.
func Actions(ctx context.Context, client *securityhub.Client) ([]Action, error) {
	there := map[string]types.ActionTarget{}
	pages := securityhub.NewDescribeActionTargetsPaginator(client, &securityhub.DescribeActionTargetsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var off *types.InvalidAccessException
		if errors.As(err, &off) {
			return nil, fault.New(fault.Refused, "Security Hub is not switched on in this account and Region: switch it on "+
				"(aws securityhub enable-security-hub), or take the credentials of the hub")
		}
		if err != nil {
			return nil, fmt.Errorf("list custom actions: %w", err)
		}
		for _, target := range page.ActionTargets {
			there[path.Base(aws.ToString(target.ActionTargetArn))] = target
		}
	}
	var all []Action
	for _, want := range names.Actions() {
		a := Action{Action: want, State: ActionMissing}
		if target, ok := there[want.ID]; ok {
			a.State, a.ARN = ActionThere, aws.ToString(target.ActionTargetArn)
			if aws.ToString(target.Name) != want.Name || aws.ToString(target.Description) != want.Description {
				a.State = ActionDiffers
			}
		}
		all = append(all, a)
	}
	return all, nil
}

// Make makes the action where it is missing and sets it right where it differs. Done twice it does nothing more.
func (a *Action) Make(ctx context.Context, client *securityhub.Client) error {
	switch a.State {
	case ActionMissing:
		out, err := client.CreateActionTarget(ctx, &securityhub.CreateActionTargetInput{
			Id: &a.ID, Name: &a.Name, Description: &a.Description,
		})
		var other *types.ResourceConflictException
		if errors.As(err, &other) { // somebody else made it meanwhile
			a.State = ActionThere
			return nil
		}
		if err != nil {
			return fmt.Errorf("make custom action %s: %w", a.ID, err)
		}
		a.State, a.ARN = ActionCreated, aws.ToString(out.ActionTargetArn)
	case ActionDiffers:
		_, err := client.UpdateActionTarget(ctx, &securityhub.UpdateActionTargetInput{
			ActionTargetArn: &a.ARN, Name: &a.Name, Description: &a.Description,
		})
		if err != nil {
			return fmt.Errorf("set custom action %s right: %w", a.ID, err)
		}
		a.State = ActionUpdated
	case ActionThere, ActionCreated, ActionUpdated, ActionDeleted:
	}
	return nil
}

// Delete takes the action away. One that is gone already is no error.
func (a *Action) Delete(ctx context.Context, client *securityhub.Client) error {
	if a.ARN == "" {
		return nil
	}
	_, err := client.DeleteActionTarget(ctx, &securityhub.DeleteActionTargetInput{ActionTargetArn: &a.ARN})
	var gone *types.ResourceNotFoundException
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("delete custom action %s: %w", a.ID, err)
	}
	a.State = ActionDeleted
	return nil
}
