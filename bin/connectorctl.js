#!/usr/bin/env node
import { runOnPinnedNode } from './pinned-node.js';

await runOnPinnedNode(import.meta.url, 'controller/connectorctl');
