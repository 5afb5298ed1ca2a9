// Package playbooks knows all the playbooks written in Go. A new one needs no line here: after
// `go generate` the registry holds every exported function of a folder below that returns controls.
package playbooks

//go:generate go run ../../internal/generate/registry
