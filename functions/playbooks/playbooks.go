// Package playbooks knows all the playbooks written in Go. A new one needs no line here: after
// `go generate` the registry holds every exported function of a folder below that returns controls.
//
// Playbooks are a library in one function, not a function each, because what protects people is around them: one
// place decides whether to act, holds the lock of a resource that several controls change, stores the plan before the
// first write and proves the fix. A function per control would need that again in every one, and 174 of them as many
// roles, deployments and cold starts. Rights stay apart all the same: each run enters the member account with a session
// of its own control's actions on its own resource, whatever else the program contains; a panic ends its run alone.
// What takes longer than a function lives waits without one. The command line runs the same library, so plan, apply and
// undo work with nothing deployed.
package playbooks

//go:generate go run ../../internal/generate/registry
