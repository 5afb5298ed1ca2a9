package main

import (
	"net/http"
	"time"
)

type labAdvance struct {
	labName
	By time.Duration `arg:"" help:"How far, such as 20m."`
}

// Run puts the clock of the lab's executor of automations forward. Nothing else in the lab has a clock of its own.
func (c *labAdvance) Run(a *app) error {
	return steer(a.ctx, c.Name, http.MethodPost, "/_lab/advance", map[string]any{"seconds": c.By.Seconds()})
}
