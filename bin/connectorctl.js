#!/usr/bin/env node
import { runOnPinnedNode } from './pinned-node.js';

runOnPinnedNode(import.meta.url, 'controller/cli/main');
