package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	hubs "github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
)

// deployCmd brings Salve into accounts.
type deployCmd struct {
	Hub     deployHub     `cmd:"" help:"Deploy or change the hub; without --yes only the plan is shown."`
	Members deployMembers `cmd:"" help:"Deploy or change members; without --yes only the plan is shown."`
}

// deployFlags are those of all commands that deploy.
type deployFlags struct {
	Yes    bool   `help:"Carry the plan out."`
	Guard  string `name:"hub-account" placeholder:"ID" help:"The account that the hub must be; another is refused."`
	Bucket string `placeholder:"NAME" help:"Bucket of programs; default is the hub's, or salve-artifacts-ACCOUNT-REGION."`
}

// codeFlags say which program is deployed.
type codeFlags struct {
	Zip fileName `placeholder:"PATH" help:"Zip of the program; default is that of make package in dist, if it is there."`
	// Values may hold any character, so that none parts two of them.
	Parameter map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Parameter of the stack; may be repeated."`
}

// deployer is a connection to the account of the hub, with the operator's own rights.
type deployer struct {
	hub
	a      *app
	place  rollout.Place
	bucket rollout.Bucket
	named  bool // the bucket, by a flag
}

// deployer connects to the hub's account. What is there by then does not matter.
func (a *app) deployer(f deployFlags) (*deployer, error) {
	if err := given(f.Guard); err != nil {
		return nil, err
	}
	h, err := a.hub()
	if err != nil {
		return nil, a.optedIn(err)
	}
	d := &deployer{hub: h, a: a, place: rollout.Place{
		Partition: arnPartition(h.me), Account: a.at.account, Region: a.at.region, Home: h.settings.Home,
	}}
	if f.Guard != "" && f.Guard != d.place.Account {
		return nil, fault.New(fault.Refused, "these credentials are of account %s (%s), --hub-account says %s: name a "+
			"profile of it with --profile", d.place.Account, h.me, f.Guard)
	}
	client := s3.NewFromConfig(h.own, func(o *s3.Options) { o.UsePathStyle = h.own.BaseEndpoint != nil })
	d.bucket = rollout.Bucket{API: client, Presign: s3.NewPresignClient(client), Place: d.place, Name: f.Bucket}
	if f.Bucket == "" {
		d.bucket.Name = d.place.BucketName()
	}
	d.named = f.Bucket != ""
	return d, nil
}

// keep goes on with the bucket that the hub has, where none is named.
func (d *deployer) keep(hub stack.State) {
	if has := rollout.BucketOf(hub); has != "" && !d.named {
		d.bucket.Name = has
	}
}

// optedIn says of a Region that takes no credentials that it is not switched on, if that is why.
func (a *app) optedIn(why error) error {
	cfg, err := a.configuration()
	if err != nil || cfg.Credentials == nil {
		return why
	}
	checks := rollout.Checks{Place: rollout.Place{Region: cfg.Region}, Regions: account.NewFromConfig(cfg)}
	if refused := checks.OptedIn(a.ctx); refused != nil {
		return refused
	}
	return why
}

// driver drives the stacks of an account and Region, and tells what happens there.
func (d *deployer) driver(cfg aws.Config, account string) stack.Driver {
	return stack.Driver{API: cloudformation.NewFromConfig(cfg), Pause: d.a.sleep, Tell: func(e stack.Event) {
		why := ""
		if e.Reason != "" {
			why = ": " + e.Reason
		}
		printf(d.a.err, "%s  %s  %s  %s %s%s\n", e.Time.UTC().Format(time.TimeOnly), account, e.Stack,
			shown(e.Resource, maxCell), e.Status, shown(why, maxCell))
	}}
}

// checks are what has to be right before a hub is deployed.
func (d *deployer) checks() rollout.Checks {
	return rollout.Checks{
		Place: d.place, SecurityHub: securityhub.NewFromConfig(d.own), Roles: iam.NewFromConfig(d.own),
		Regions: account.NewFromConfig(d.own),
		Stacks: func(region string) stack.Driver {
			cfg := d.own.Copy()
			cfg.Region = region
			return d.driver(cfg, d.place.Account)
		},
	}
}

// wished is the hub with the templates of this program.
func (d *deployer) wished(template string, parameters map[string]string) *rollout.Hub {
	return &rollout.Hub{
		Place: d.place, Bucket: d.bucket, Driver: d.driver(d.own, d.place.Account), Template: template,
		Parameters: parameters, Actions: menu{securityhub.NewFromConfig(d.own)}, Shelf: shelfOf{d},
	}
}

// code is the program that is deployed, nil where none is named or lies where make package puts it. Of those, the one
// for the architecture that the hub has is taken.
func (f codeFlags) code(architecture string) (*rollout.Code, error) {
	names := []fileName{f.Zip}
	if f.Zip == "" {
		names = []fileName{"salve-orchestrator-arm64.zip", "salve-orchestrator-amd64.zip"}
		if architecture == "x86_64" {
			names[0], names[1] = names[1], names[0]
		}
		for i := range names {
			names[i] = fileName(filepath.Join("dist", string(names[i])))
		}
	}
	for _, name := range names {
		content, err := name.read(rollout.MaxZip)
		if errors.Is(err, fs.ErrNotExist) && f.Zip == "" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the zip of the program: %w", err)
		}
		code, err := rollout.ReadCode(content)
		return &code, err
	}
	return nil, nil
}

// menu is the list of custom actions where the hub is.
type menu struct{ client *securityhub.Client }

// Look reads them.
func (b menu) Look(ctx context.Context) ([]hubs.Action, error) { return hubs.Actions(ctx, b.client) }

// Make makes one.
func (b menu) Make(ctx context.Context, action *hubs.Action) error { return action.Make(ctx, b.client) }

// Delete deletes one.
func (b menu) Delete(ctx context.Context, action *hubs.Action) error {
	return action.Delete(ctx, b.client)
}

// shelfOf is the configuration of the hub, with a line in the audit log where one is stored.
type shelfOf struct{ d *deployer }

// Settings reads the configuration.
func (s shelfOf) Settings(ctx context.Context) (gate.Settings, error) {
	return s.d.ledger().Settings(ctx)
}

// PushConfig stores one.
func (s shelfOf) PushConfig(ctx context.Context, document gate.Push) error {
	if err := s.d.a.proven(s.d.hub, audit.Line{Reason: "first configuration"}); err != nil {
		return err
	}
	if err := s.d.ledger().PushConfig(ctx, s.d.a.pushing(s.d.hub, document)); err != nil {
		return err
	}
	s.d.a.audit(s.d.hub)(ctx, audit.Line{
		Time: s.d.a.now(), Event: audit.Pushed, Trigger: "operator", Actor: s.d.actor, Reason: "first configuration",
	})
	return nil
}
