package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jedib0t/go-pretty/v6/table"

	hubs "github.com/salve-security/salve/internal/hub"
)

// actionsCmd takes nothing of the hub's stack but its account and Region: to make the actions is a part of the
// deployment, done by whoever deploys.
type actionsCmd struct {
	List   actionsList   `cmd:"" help:"Say which custom actions of Salve there are, in the hub's account and Region."`
	Create actionsCreate `cmd:"" help:"Make those that are missing, and set right those that differ."`
	Delete actionsDelete `cmd:"" help:"Delete all of them; without --yes they are only shown."`
}

// actionReport is a custom action, as programs get it.
type actionReport struct {
	ID    string           `json:"id"`
	Name  string           `json:"name"`
	State hubs.ActionState `json:"state"`
	ARN   string           `json:"arn,omitempty"`
}

// actions does what is to be done with each custom action, and prints what became of all.
func (a *app) actions(do func(client *securityhub.Client, action *hubs.Action) error) error {
	cfg, err := config.LoadDefaultConfig(a.ctx, config.WithSharedConfigProfile(a.profile))
	if err != nil {
		return fmt.Errorf("AWS configuration: %w", err)
	}
	me, err := a.login(cfg, sts.NewFromConfig(cfg))
	if err != nil {
		return err
	}
	place := "account " + aws.ToString(me.Account) + ", " + cfg.Region
	client := securityhub.NewFromConfig(cfg)
	all, err := hubs.Actions(a.ctx, client)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	told := make([]actionReport, 0, len(all))
	for _, action := range all {
		if err := do(client, &action); err != nil {
			return err
		}
		told = append(told, actionReport{ID: action.ID, Name: action.Name, State: action.State, ARN: action.ARN})
	}
	return a.data(told, func() {
		var rows []table.Row
		for _, r := range told {
			rows = append(rows, table.Row{r.ID, r.Name, r.State})
		}
		a.table(table.Row{"action", "in the menu", place}, rows)
	})
}

type actionsList struct{}

// Run says how it stands with each.
func (c *actionsList) Run(a *app) error {
	return a.actions(func(*securityhub.Client, *hubs.Action) error { return nil })
}

type actionsCreate struct{}

// Run makes what is missing.
func (c *actionsCreate) Run(a *app) error {
	return a.actions(func(client *securityhub.Client, action *hubs.Action) error { return action.Make(a.ctx, client) })
}

type actionsDelete struct {
	Yes bool `help:"Really delete them."`
}

// Run deletes what there is of Salve's, and nothing else.
func (c *actionsDelete) Run(a *app) error {
	left := false
	err := a.actions(func(client *securityhub.Client, action *hubs.Action) error {
		if !c.Yes {
			left = left || action.ARN != ""
			return nil
		}
		return action.Delete(a.ctx, client)
	})
	if err == nil && left {
		a.warn("nothing was deleted: add --yes")
		return exit(exitPending)
	}
	return err
}
